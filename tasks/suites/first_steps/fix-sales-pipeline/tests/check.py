"""Runs the Makefile on copies of the project."""
import os
import shutil
import subprocess
import sys
import tempfile

ORIGINAL = "/tests/original"


class Wrong(Exception):
    pass


def need(condition, message):
    if not condition:
        raise Wrong(message)


def read(path):
    with open(path, "rb") as handle:
        return handle.read()


class Project:
    """A copy with the original scripts and data and the Makefile under test."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ORIGINAL, folder, dirs_exist_ok=True)
        shutil.copy("/app/Makefile", folder)
        for top, folders, names in os.walk(folder):
            for name in folders + names:
                os.utime(os.path.join(top, name), (1500000000, 1500000000))

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, *arguments):
        done = subprocess.run(["make", "-s", *arguments], cwd=self.folder, timeout=15,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode

    def age(self):
        """Make everything look as if it was built long ago, order kept."""
        order = []
        for top, folders, names in os.walk(self.folder):
            for name in folders + names:
                path = os.path.join(top, name)
                order.append((os.stat(path).st_mtime_ns, path))
        ranks = {}
        for stamp, _ in sorted(order):
            ranks.setdefault(stamp, 1600000000 + len(ranks))
        for stamp, path in order:
            os.utime(path, (ranks[stamp], ranks[stamp]))

    def write(self, name, text):
        with open(self.path(name), "w") as handle:
            handle.write(text)

    def touch(self, name):
        os.utime(self.path(name))

    def stamps(self):
        build = self.path("build")
        return {name: os.stat(os.path.join(build, name)).st_mtime_ns for name in os.listdir(build)}

    def expected(self):
        prices = dict(line.split() for line in read(self.path("prices.txt")).decode().splitlines())
        totals = []
        for name in os.listdir(self.path("data")):
            if name.endswith(".csv"):
                rows = [line.split(",") for line in read(self.path("data/" + name)).decode().splitlines()]
                totals.append((-sum(int(q) * int(prices[p]) for p, q in rows), name[:-4]))
        lines = ["%-12s %10.2f\n" % (name, -total / 100) for total, name in sorted(totals)]
        lines.append("%-12s %10.2f\n" % ("all", -sum(total for total, _ in totals) / 100))
        return "".join(lines).encode()

    def right(self, what):
        try:
            found = read(self.path("build/summary.txt"))
        except OSError:
            raise Wrong(what + ": no summary") from None
        need(found == self.expected(), what + ": wrong summary")

    def build(self, what, *arguments):
        need(self.make(*arguments) == 0, what + ": make failed")
        self.right(what)
        need(self.make("-q") == 0, what + ": not up to date afterwards")


def first(project):
    project.build("first run")
    need(read(project.path("build/summary.txt")) == read(project.path("expected.txt")), "expected.txt")
    rows = read(project.path("build/totals.tsv")).decode().splitlines()
    need(len(rows) == 5 and all(row.count("\t") == 1 for row in rows), "totals.tsv")
    need(project.make("clean") == 0, "clean failed")
    need(not os.path.exists(project.path("build")), "clean leaves build")
    project.build("all", "all")


def parallel(project):
    project.build("parallel", "-j", "4")
    project.make("clean")
    project.build("parallel after clean", "-j", "4")


def exactly(project, name, text, rebuilt):
    project.build("before " + name)
    project.age()
    before = project.stamps()
    if text is None:
        project.touch(name)
    else:
        project.write(name, text)
    project.build("after a change of " + name)
    after = project.stamps()
    changed = {at for at in REGIONS + LATER if after.get(at) != before.get(at)}
    need(changed == set(rebuilt), "rebuilt after a change of %s: %s" % (name, sorted(changed)))


REGIONS = ["north.tsv", "south.tsv", "east.tsv", "west.tsv", "centre.tsv"]
LATER = ["totals.tsv", "summary.txt"]


def sales(project):
    exactly(project, "data/north.csv", "rice,1000\n", ["north.tsv"] + LATER)


def prices(project):
    text = read(project.path("prices.txt")).decode().replace("milk 119", "milk 9119")
    exactly(project, "prices.txt", text, REGIONS + LATER)


def price_script(project):
    exactly(project, "scripts/price.awk", None, REGIONS + LATER)


def total_script(project):
    exactly(project, "scripts/total.awk", None, LATER)


def summary_script(project):
    exactly(project, "scripts/summary.sh", None, ["summary.txt"])


def new_region(project):
    project.build("before a new region")
    project.age()
    project.write("data/islands.csv", "cheese,100\napple,1\n")
    project.build("new region")
    project.make("clean")
    project.build("new region after clean", "-j", "4")


def removed_region(project):
    project.make("clean")
    os.remove(project.path("data/west.csv"))
    project.build("region removed before")
    project.age()
    os.remove(project.path("data/south.csv"))
    os.remove(project.path("data/east.csv"))
    project.build("removed region")


def order(project):
    for name in os.listdir(project.path("data")):
        os.remove(project.path("data/" + name))
    for name, count in [("a", 9), ("b", 10), ("B", 10), ("c", 100), ("a-b", 10), ("d", 1000)]:
        project.write("data/%s.csv" % name, "apple,%d\n" % count)
    project.build("order of the totals")


def no_price(project):
    project.write("data/north.csv", "rice,1\ngold,2\n")
    for arguments in [(), (), ("-k",), ("-k",), ("-j", "4")]:
        need(project.make(*arguments) != 0, "make succeeds without a price")
        for name in ("build/north.tsv", "build/totals.tsv", "build/summary.txt"):
            need(not os.path.exists(project.path(name)), name + " stays behind")
    with open(project.path("prices.txt"), "a") as handle:
        handle.write("gold 600000\n")
    project.build("price added")


CASES = [first, parallel, sales, prices, price_script, total_script, summary_script,
         new_region, removed_region, order, no_price]


def main():
    for top, _, names in os.walk(ORIGINAL):
        for name in names:
            path = os.path.join(top, name)
            mine = os.path.join("/app", os.path.relpath(path, ORIGINAL))
            need(os.path.isfile(mine) and read(mine) == read(path), mine + " was changed")
    need(sorted(os.listdir("/app/data")) == sorted(os.listdir(ORIGINAL + "/data")), "data was changed")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            case(Project(folder))


try:
    main()
except (Wrong, OSError, subprocess.SubprocessError) as error:
    print(error)
    sys.exit(1)
print("ok")
