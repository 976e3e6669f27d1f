"""The command line: ``python3 -m layerconf COMMAND NAME FILES...``."""

import argparse
import sys

from .errors import ConfError
from .loader import load_files


def _parser():
    parser = argparse.ArgumentParser(prog="layerconf", description="Look into layered settings.")
    parser.add_argument("command", choices=["get", "show", "explain"])
    parser.add_argument("name", help="section.key, or only a section for show")
    parser.add_argument("files", nargs="+", help="the lowest layer first")
    return parser


def main(argv=None, out=None, err=None):
    out = out or sys.stdout
    err = err or sys.stderr
    options = _parser().parse_args(argv)
    try:
        stack = load_files(options.files)
        if options.command == "show":
            for key, value in stack.items(options.name):
                print("%s = %s" % (key, value), file=out)
            return 0
        section, dot, key = options.name.partition(".")
        if not dot:
            raise ConfError("expected section.key: %s" % options.name)
        if options.command == "get":
            print(stack.get(section, key), file=out)
        else:
            print(stack.explain(section, key), file=out)
    except (ConfError, OSError) as error:
        print("layerconf: %s" % error, file=err)
        return 1
    return 0
