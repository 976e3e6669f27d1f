#!/bin/bash
set -e
# step: look at the file
head -n 5 /app/orders.csv | od -c | head -n 20
cat /app/control.txt
# step: write a program which turns the records into SQL
cat > /app/recover.py <<'SCRIPT'
import csv
import datetime
import io
import re
import sys

with open("/app/orders.csv", "rb") as handle:
    text = handle.read().replace(b"\0", b"").decode("utf-8-sig").replace("\r\n", "\n")

HEADER = ["id", "day", "customer", "amount", "note", "check"]


def order(fields):
    """The order a record stands for, or None."""
    if len(fields) != 6:
        return None
    number, day, amount, check = (fields[at].strip(" ") for at in (0, 1, 3, 5))
    customer, note = fields[2], fields[4]
    if not (re.fullmatch(r"[0-9]+", number) and re.fullmatch(r"[0-9]+", check)):
        return None
    if not (re.fullmatch(r"-?[0-9]+\.[0-9]{2}", amount) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)):
        return None
    try:
        datetime.date.fromisoformat(day)
    except ValueError:
        return None
    cents = int(amount.replace(".", ""))
    if int(check) != (int(number) + cents + len(note)) % 97:
        return None
    return int(number), day, customer, cents, note


def sql(value):
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


orders, rejected = {}, []
for position, fields in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
    if [field.strip(" ") for field in fields] == HEADER:
        continue
    found = order(fields)
    if found:
        orders[found[0]] = found
    else:
        rejected.append((position, fields[0].strip(" ")))

out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
out.write("BEGIN;\nCREATE TABLE orders(id INTEGER PRIMARY KEY, day TEXT, customer TEXT, cents INTEGER, note TEXT);\n")
out.write("CREATE TABLE rejected(position INTEGER PRIMARY KEY, id TEXT);\n")
for table, rows in (("orders", orders.values()), ("rejected", rejected)):
    for row in rows:
        out.write("INSERT INTO %s VALUES(%s);\n" % (table, ", ".join(map(sql, row))))
out.write("COMMIT;\n")
out.flush()
SCRIPT
# step: create the database
python3 /app/recover.py > /app/orders.sql
rm -f /app/orders.db
sqlite3 /app/orders.db < /app/orders.sql
# step: compare with the control numbers
bash /app/check.sh
