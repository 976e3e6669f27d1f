"""Looks at the history and at what the program does."""
import os
import subprocess
import sys

TIPS = {"main": "c4107c7b02664134dca43f2ca6ad6e5102d4dc66", "feature/energy": "90400493c22e109cbc93ecfd7edd4d970028befa", "v1.0": "6a978e7c47de554e3a18c8bc7df002cd8eb3ad0c"}
BAD = "fa67d47494848e0f94a9705287316f7583238b62"
REPO = "/app/converter"
ENV = dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", LC_ALL="C.UTF-8",
           GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*",
           PYTHONDONTWRITEBYTECODE="1")


class Wrong(Exception):
    pass


def need(condition, message):
    if not condition:
        raise Wrong(message)


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=REPO, env=ENV, timeout=20, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    need(done.returncode == 0, "git %s: %s" % (arguments[0], done.stdout.strip()))
    return done.stdout.strip()


def run(*arguments):
    done = subprocess.run(["python3", "convert.py", *arguments], cwd=REPO, env=ENV, timeout=20, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout


ANSWERS = [
    ("98.6 F C", "37.0"), ("37 C F", "98.6"), ("-40 C F", "-40.0"), ("-40 F C", "-40.0"),
    ("0 K F", "-459.67"), ("0 K C", "-273.15"), ("25 C K", "298.15"), ("32 F C", "0.0"),
    ("491.67 R C", "0.0"), ("0 C R", "491.67"), ("459.67 R F", "0.0"), ("32 F R", "491.67"),
    ("1 mi km", "1.609"), ("2 kg lb", "4.409"), ("1 m3 l", "1000.0"), ("1 kWh kJ", "3600.0"),
    ("500 J kJ", "0.5"), ("1 2 3 km m", "1000.0\n2000.0\n3000.0"), ("--unit 1 2 kWh kJ", "3600.0 kJ\n7200.0 kJ"),
    ("5 m3 l --unit", "5000.0 l"), ("-0.0001 C C", "0.0"), ("--unit -0.0001 C C", "0.0 C"),
    ("-0.0 m km", "0.0"), ("-0.0 J kJ --unit", "0.0 kJ"),
]
REFUSED = ["-1 m km", "-1 kWh J", "1 m K", "1 J l", "1 x m", "1 m", "", "a m km"]
UNITS = """energy J
energy kJ
energy kWh
length km
length m
length mi
temperature C
temperature F
temperature K
temperature R
volume l
volume m3
weight g
weight kg
weight lb"""


def main():
    with open("/app/first_bad.txt") as handle:
        need(handle.read().strip() == BAD, "first_bad.txt")
    need(git("symbolic-ref", "HEAD") == "refs/heads/main", "main is not checked out")
    need(git("status", "--porcelain") == "", "the working tree is not clean")
    need(not os.path.exists(REPO + "/.git/MERGE_HEAD"), "a merge is under way")
    need(git("rev-parse", "refs/heads/feature/energy") == TIPS["feature/energy"], "feature/energy was changed")
    need(git("rev-parse", "refs/tags/v1.0") == TIPS["v1.0"], "v1.0 was changed")
    need(git("cat-file", "-t", "refs/tags/v1.1") == "tag", "v1.1 is not annotated")
    need(git("rev-parse", "refs/tags/v1.1^{commit}") == git("rev-parse", "HEAD"), "v1.1 is not at main")
    line = [entry.split() for entry in git("rev-list", "--first-parent", "--parents", TIPS["main"] + "..HEAD").split("\n")]
    need(len(line) == 2, "commits on main: %d" % len(line))
    need(line[1][1:] == [TIPS["main"], TIPS["feature/energy"]], "parents of the merge commit")
    need(line[0][1:] == [line[1][0]], "the repair is not one commit on top of the merge")
    need(sorted(git("ls-files").split("\n")) == [".gitignore", "README.md", "convert.py"], "files")
    need(git("diff", "--name-only", "HEAD^", "HEAD") == "convert.py", "the repair changes other files")
    for commit in ("HEAD", "HEAD^"):
        for name in ("convert.py", "README.md"):
            text = git("show", commit + ":" + name)
            need(not any(mark in text for mark in ("<<<<<<<", "=======", ">>>>>>>")), "conflict markers")
    merged = git("show", "HEAD^:convert.py")
    need(all(word in merged for word in ('"kWh"', '"m3"', "--unit", '"R"')), "the merge commit lacks something")
    readme = git("show", "HEAD:README.md").split("\n")
    need(readme == ["# converter", "", "Converts lengths, temperatures, volumes and energies.", "",
                    "Several values may be given at once."], "README.md")
    for arguments, answer in ANSWERS:
        need(run(*arguments.split()) == (0, answer + "\n"), "convert.py " + arguments)
    for arguments in REFUSED:
        need(run(*arguments.split()) == (2, ""), "not refused: convert.py " + arguments)
    need(run("--list") == (0, UNITS + "\n"), "--list")


try:
    main()
except (Wrong, OSError, subprocess.SubprocessError) as error:
    print(error)
    sys.exit(1)
print("ok")
