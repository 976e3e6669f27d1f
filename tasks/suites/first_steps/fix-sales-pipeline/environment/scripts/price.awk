# Usage: awk -f price.awk PRICES SALES
# Appends the price of each line in cents: product, quantity, cents.
BEGIN { OFS = "\t" }
NR == FNR {
    if (NF == 2)
        price[$1] = $2
    next
}
FNR == 1 { FS = ","; $0 = $0 }
{
    if (!($1 in price)) {
        print "missing" > "/dev/stderr"
        failed = 1
        exit 1
    }
    print $1, $2, $2 * price[$1]
}
END { if (failed) exit 1 }
