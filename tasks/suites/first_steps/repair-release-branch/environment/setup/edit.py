import re
import sys

path = sys.argv[1]
with open(path) as handle:
    text = handle.read()
for old, new in re.findall(r"<<<\n(.*?)===\n(.*?)>>>\n", sys.stdin.read(), re.DOTALL):
    if text.count(old) != 1:
        sys.exit("not exactly once in %s:\n%s" % (path, old))
    text = text.replace(old, new)
with open(path, "w") as handle:
    handle.write(text)
