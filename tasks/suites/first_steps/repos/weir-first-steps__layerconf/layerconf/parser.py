"""Reading the text of one layer."""

import re
from typing import NamedTuple

from .errors import ParseError

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_SECTION = re.compile(r"\[\s*(%s)\s*(?::\s*(%s)\s*)?\]\Z" % (_NAME, _NAME))
_SETTING = re.compile(r"(%s)\s*=\s*(.*)\Z" % _NAME)
_REMOVAL = re.compile(r"!\s*(%s)\Z" % _NAME)


class Entry(NamedTuple):
    """One value and where it was written."""

    value: str
    layer: str
    line: int


class Layer:
    """What one text says, before it is combined with others.

    ``entries`` maps (section, key) to an Entry, or to None where the text
    takes the key away. ``parents`` maps a section to the parent it names.
    """

    def __init__(self, name):
        self.name = name
        self.entries = {}
        self.parents = {}
        self.sections = []

    def open(self, section, parent):
        if section not in self.sections:
            self.sections.append(section)
        if parent is not None:
            self.parents[section] = parent


def parse(text, name="<text>"):
    """Turn a text into a Layer."""
    layer = Layer(name)
    section = None
    last = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line:
            last = None
            continue
        if line[0] in "#;":
            continue
        if raw[0] in " \t" and last is not None:
            entry = layer.entries[last]
            layer.entries[last] = entry._replace(value=entry.value + "\n" + line)
            continue
        last = None
        found = _SECTION.match(line)
        if found:
            section = found.group(1)
            layer.open(section, found.group(2))
            continue
        if section is None:
            raise ParseError(name, number, "a setting needs a section above it")
        found = _REMOVAL.match(line)
        if found:
            layer.entries[section, found.group(1)] = None
            continue
        found = _SETTING.match(line)
        if found is None:
            raise ParseError(name, number, "not a setting: %s" % line)
        last = (section, found.group(1))
        layer.entries[last] = Entry(found.group(2), name, number)
    return layer
