"""Replacing references by what they stand for."""

import re

from .errors import MissingReference, ReferenceCycle

_TOKEN = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inside>[^{}]*)\})")
_REFERENCE = re.compile(
    r"(?:(?P<section>[A-Za-z_][A-Za-z0-9_-]*)\.)?"
    r"(?P<key>[A-Za-z_][A-Za-z0-9_-]*)"
    r"(?::-(?P<default>.*))?\Z",
    re.DOTALL,
)


class Resolver:
    """Works out values.

    ``find(section, key)`` gives the section a key is set in and its Entry, or
    None if there is no such key. Every value is worked out once only.
    """

    def __init__(self, find):
        self._find = find
        self._done = {}

    def value(self, section, key, trail=()):
        """The value of a key that exists, references replaced."""
        owner, entry = self._find(section, key)
        spot = (owner, key)
        if spot in trail:
            names = ["%s.%s" % step for step in trail[trail.index(spot):] + (spot,)]
            raise ReferenceCycle("references go in a circle: %s" % " -> ".join(names))
        if spot not in self._done:
            self._done[spot] = self._expand(entry, owner, trail + (spot,))
        return self._done[spot]

    def _expand(self, entry, section, trail):
        def replace(token):
            if token.group("dollar"):
                return "$"
            return self._follow(token.group("inside"), entry, section, trail)

        return _TOKEN.sub(replace, entry.value)

    def _follow(self, inside, entry, section, trail):
        place = "%s:%d" % (entry.layer, entry.line)
        reference = _REFERENCE.match(inside)
        if reference is None:
            raise MissingReference("%s: not a reference: ${%s}" % (place, inside))
        target = reference.group("section") or section
        key = reference.group("key")
        if self._find(target, key) is not None:
            return self.value(target, key, trail)
        if reference.group("default") is not None:
            return reference.group("default")
        raise MissingReference("%s: no such key: %s.%s" % (place, target, key))
