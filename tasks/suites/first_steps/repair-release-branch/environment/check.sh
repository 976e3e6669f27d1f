#!/bin/bash
# A few things release 1.1 of the converter has to get right.
cd "$(dirname "$0")/converter" || exit 1
failed=0

expect() {
    wanted=$1
    shift
    got=$(python3 convert.py "$@" 2>&1)
    if [ "$got" != "$wanted" ]; then
        echo "convert.py $*: wrong"
        failed=1
    fi
}

expect 37.0 98.6 F C
expect 1.609 1 mi km
expect 3600.0 1 kWh kJ
expect 1000.0 1 m3 l
if [ -n "$(git status --porcelain)" ]; then
    echo "the working tree is not clean"
    failed=1
fi
if [ "$failed" = 0 ]; then
    echo "fine"
fi
exit "$failed"
