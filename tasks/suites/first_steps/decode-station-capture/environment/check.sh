#!/bin/bash
# Compiles the decoder and compares the decoded example.
cd "$(dirname "$0")" || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
if [ ! -f decode.c ]; then
    echo "there is no decode.c"
    exit 1
fi
gcc -std=c11 -O1 -o "$folder/decode" decode.c || exit 1
if "$folder/decode" sample.bin > "$folder/out.csv" && cmp "$folder/out.csv" sample.csv; then
    echo "the example is right"
else
    echo "the example is wrong"
    exit 1
fi
