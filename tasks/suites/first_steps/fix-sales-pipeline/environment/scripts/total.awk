# Usage: awk -f total.awk FILE...
# One line per file: its name without folder and ending, and its total.
BEGIN { FS = OFS = "\t" }
{
    if (!(FILENAME in sum))
        order[++files] = FILENAME
    sum[FILENAME] += $3
}
END {
    for (i = 1; i <= files; i++) {
        name = order[i]
        sub(/^.*\//, "", name)
        sub(/\.tsv$/, "", name)
        print name, sum[order[i]] + 0
    }
}
