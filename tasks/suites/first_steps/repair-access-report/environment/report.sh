#!/bin/bash
# Summary of the access logs in one folder.
folder=$1

all() {
    cat $(ls $folder/*.log)
}

requests=$(all | wc -l)
errors=$(all | grep -c ' 5')
bytes=0
all | while read -r when method path status size; do
    bytes=$((bytes + size))
done

echo "requests: $requests"
echo "errors: $errors"
echo "bytes: $bytes"
echo "top:"
all | cut -d' ' -f3 | uniq -c | sort -r | head -n 5 | sed 's/^ *//'
