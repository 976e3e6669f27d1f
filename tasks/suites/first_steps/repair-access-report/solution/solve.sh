#!/bin/bash
set -e
# step: look at what is there
ls /app/logs
bash /app/report.sh /app/logs 2> /dev/null | diff - /app/expected.txt || true
# step: write the summary anew, in one pass over all files
cat > /app/report.sh <<'SCRIPT'
#!/bin/bash
# Summary of the access logs in one folder.
export LC_ALL=C
folder=$1
shopt -s nullglob
files=()
for file in "$folder"/*.log; do
    if [ -f "$file" ]; then
        files+=("$file")
    fi
done

all() {
    for file in "${files[@]}"; do
        sed -e '$a\' -- "$file"
    done | awk -F'[ ]' 'NF == 5'
}

all | awk '
    { requests++; bytes += $5 == "-" ? 0 : $5 }
    $4 >= 500 && $4 <= 599 { errors++ }
    END { printf "requests: %d\nerrors: %d\nbytes: %.0f\ntop:\n", requests, errors, bytes }'
all | awk '{ count[$3]++ } END { for (path in count) print count[path], path }' |
    sort -k1,1nr -k2,2 | head -n 5
SCRIPT
# step: compare with the expected output
bash /app/report.sh /app/logs | diff - /app/expected.txt
