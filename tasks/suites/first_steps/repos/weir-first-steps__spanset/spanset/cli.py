"""The command line: ``python3 -m spanset COMMAND SPANS...``."""

import argparse
import sys
from functools import reduce

from .errors import SpanError
from .text import dump, parse


def _parser():
    parser = argparse.ArgumentParser(prog="spanset", description="Combine lists of ranges.")
    parser.add_argument("command", choices=["union", "common", "minus", "gaps", "size"])
    parser.add_argument("spans", nargs="+", help="a list such as 1-5,8")
    parser.add_argument("--slack", type=int, default=0, help="fill gaps of at most this many numbers")
    return parser


def main(argv=None, out=None):
    out = out or sys.stdout
    options = _parser().parse_args(argv)
    try:
        sets = [parse(text) for text in options.spans]
    except SpanError as error:
        print("spanset: %s" % error, file=sys.stderr)
        return 2
    if options.command == "common":
        answer = reduce(lambda a, b: a & b, sets)
    elif options.command == "minus":
        answer = reduce(lambda a, b: a - b, sets)
    else:
        answer = reduce(lambda a, b: a | b, sets)
    if options.slack:
        answer = answer.widen(options.slack)
    if options.command == "gaps":
        answer = answer.gaps()
    print(answer.size() if options.command == "size" else dump(answer), file=out)
    return 0
