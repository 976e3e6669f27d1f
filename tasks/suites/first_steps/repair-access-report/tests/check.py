"""Runs report.sh on several folders and compares with a count made here."""
import os
import subprocess
import sys
import tempfile
from collections import Counter

EXPECTED = open("/tests/expected.txt", encoding="utf-8").read()


def summary(texts):
    requests = errors = size = 0
    paths = Counter()
    for text in texts:
        for line in text.split("\n"):
            fields = line.split(" ")
            if len(fields) != 5:
                continue
            requests += 1
            errors += 500 <= int(fields[3]) <= 599
            size += 0 if fields[4] == "-" else int(fields[4])
            paths[fields[2]] += 1
    top = sorted(paths.items(), key=lambda item: (-item[1], item[0].encode()))[:5]
    lines = ["requests: %d" % requests, "errors: %d" % errors, "bytes: %d" % size, "top:"]
    return "\n".join(lines + ["%d %s" % (count, path) for path, count in top]) + "\n"


def report(folder, cwd="/"):
    done = subprocess.run(["bash", "/app/report.sh", folder], cwd=cwd, timeout=15,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace")


def line(path, status=200, size="10"):
    return "2024-06-01T10:00:00 GET %s %s %s" % (path, status, size)


FOLDERS = [
    {},
    {"empty.log": ""},
    {"a b  c.log": line("/x"), "d.log": line("/y") + "\n", "[e].log": line("/x", 500)},
    {"a.log": line("/5", 200, "500") + "\n" + line("/ok", 404, "5") + "\n" + line("/bad", 599, "-")},
    {"a.log": "\n".join(line("/many") for _ in range(11)) + "\n" + "\n".join(line("/few") for _ in range(9)),
     "b.txt": line("/few") * 5},
    {"a.log": "\n".join(line(p) for p in ["/b", "/B", "/a", "/a-b", "/a/b", "/c", "/b", "/d"])},
    {"a.log": "x\n\n" + line("/x") + " more\n" + line("/x") + "\nfour fields are few\n"},
    {"a.log": line("/big", 200, "4000000000") + "\n" + line("/big", 200, "4000000000") + "\n"},
]


def main():
    with open("/app/expected.txt", encoding="utf-8") as handle:
        if handle.read() != EXPECTED:
            return "expected.txt was changed"
    if report("/app/logs") != EXPECTED or report("logs", "/app") != EXPECTED:
        return "wrong summary of /app/logs"
    for number, files in enumerate(FOLDERS):
        with tempfile.TemporaryDirectory(suffix=" dir") as folder:
            os.mkdir(os.path.join(folder, "below"))
            with open(os.path.join(folder, "below", "z.log"), "w") as handle:
                handle.write(line("/below") + "\n")
            for name, text in files.items():
                with open(os.path.join(folder, name), "w") as handle:
                    handle.write(text)
            texts = [text for name, text in files.items() if name.endswith(".log")]
            if report(folder) != summary(texts):
                return "wrong summary of folder %d" % number
    return None


problem = main()
print(problem or "ok")
sys.exit(1 if problem else 0)
