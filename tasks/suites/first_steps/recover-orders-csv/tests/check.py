"""Compares the database with the known records."""
import json
import sqlite3
import sys


def main():
    with open("/tests/expected.json", encoding="utf-8") as handle:
        expected = json.load(handle)
    base = sqlite3.connect("file:/app/orders.db?mode=ro", uri=True)
    columns = {
        "orders": [("id", "INTEGER", 1), ("day", "TEXT", 0), ("customer", "TEXT", 0),
                   ("cents", "INTEGER", 0), ("note", "TEXT", 0)],
        "rejected": [("position", "INTEGER", 1), ("id", "TEXT", 0)],
    }
    for table, wanted in columns.items():
        found = [(row[1].lower(), row[2].upper(), row[5])
                 for row in base.execute("PRAGMA table_info(%s)" % table)]
        if found != wanted:
            return "columns of %s: %s" % (table, found)
        rows = [list(row) for row in base.execute("SELECT * FROM %s ORDER BY 1" % table)]
        if rows != expected[table]:
            return "rows of %s differ" % table
    return None


try:
    problem = main()
except (OSError, sqlite3.Error) as error:
    problem = str(error)
print(problem or "ok")
sys.exit(1 if problem else 0)
