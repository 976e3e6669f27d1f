#!/bin/bash
# Compares the number and the sum of the orders with control.txt.
cd "$(dirname "$0")" || exit 1
if [ ! -f orders.db ]; then
    echo "there is no orders.db"
    exit 1
fi
found=$(sqlite3 -readonly orders.db "SELECT count(*) || ' ' || sum(cents) FROM orders")
if [ "$found" = "$(cat control.txt)" ]; then
    echo "number and sum are right"
else
    echo "number and sum differ: found $found"
    exit 1
fi
