#!/bin/sh
# Usage: summary.sh TOTALS
# Formats the totals and their sum.
awk -F '\t' '
    { printf "%-12s %10.2f\n", $1, $2 / 100; all += $2 }
    END { printf "%-12s %10.2f\n", "all", all / 100 }
' "$1"
