#!/bin/bash
set -e
# step: find the commit with git bisect in a copy
rm -rf /tmp/converter-bisect
git clone -q /app/converter /tmp/converter-bisect
cd /tmp/converter-bisect
cat > /tmp/converter-try.sh <<'SCRIPT'
got=$(python3 -B convert.py 98.6 F C 2>/dev/null) || exit 125
test "$got" = 37.0
SCRIPT
git bisect start origin/main v1.0
git bisect run bash /tmp/converter-try.sh > /tmp/converter-log.txt || true
git bisect log | tail -n 4
cat /tmp/converter-log.txt | tail -n 12
# step: write down the commit, tried by hand where the program does not start
cd /tmp/converter-bisect
git bisect reset > /dev/null 2>&1
for commit in $(git rev-list --reverse v1.0..origin/main); do
    git checkout -q "$commit"
    sed -i 's/^    if len(arguments) < 3$/&:/' convert.py
    got=$(python3 -B convert.py 98.6 F C)
    git checkout -q -- convert.py
    if [ "$got" != 37.0 ]; then
        echo "$commit" > /app/first_bad.txt
        break
    fi
done
cat /app/first_bad.txt
rm -rf /tmp/converter-bisect /tmp/converter-try.sh /tmp/converter-log.txt
# step: finish the merge
cd /app/converter
cat > /tmp/converter-merge.py <<'SCRIPT'
import re

text = open("convert.py").read()
parts = re.findall(r"<<<<<<< [^\n]*\n(.*?)=======\n(.*?)>>>>>>> [^\n]*\n", text, re.DOTALL)
assert len(parts) == 2, parts
merged = [parts[0][0] + parts[0][1],
          "        print(round(result, 3) + 0.0, *([target] if unit else []))\n"]
for new in merged:
    text = re.sub(r"<<<<<<< .*?>>>>>>> [^\n]*\n", lambda _: new, text, count=1, flags=re.DOTALL)
open("convert.py", "w").write(text)
SCRIPT
python3 /tmp/converter-merge.py
rm /tmp/converter-merge.py
cat > README.md <<'TEXT'
# converter

Converts lengths, temperatures, volumes and energies.

Several values may be given at once.
TEXT
git add -A
git commit -q -m "Merge branch 'feature/energy'"
# step: repair the temperatures
cd /app/converter
sed -i \
    -e 's/^# Where the scale begins\.$/# What has to be added before the factor is applied./' \
    -e 's/^    base = value \* .*/    base = (value + OFFSETS.get(source, 0.0)) * UNITS[source][1]/' \
    -e 's/^    return (base - .*/    return base \/ UNITS[target][1] - OFFSETS.get(target, 0.0)/' \
    convert.py
git commit -q -a -m "Add the offset of a temperature before the factor is applied"
# step: tag the release and check
cd /app/converter
git tag -a -m "Release 1.1" v1.1
git log --format=%s | head -n 4
bash /app/check.sh
