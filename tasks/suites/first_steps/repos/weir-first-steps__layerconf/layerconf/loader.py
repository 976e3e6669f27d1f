"""Building a stack from texts or files."""

from .parser import parse
from .stack import Stack


def load(*sources):
    """A Stack of (name, text) pairs, the lowest layer first."""
    stack = Stack()
    for name, text in sources:
        stack.push(parse(text, name))
    return stack


def load_files(paths):
    """A Stack of files, the lowest layer first."""
    sources = []
    for path in paths:
        with open(path, encoding="utf-8") as handle:
            sources.append((str(path), handle.read()))
    return load(*sources)
