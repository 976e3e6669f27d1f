"""Layers put on top of each other."""

from typing import NamedTuple

from . import values
from .errors import ConfError, MissingKey
from .expand import Resolver

_RAISE = object()


class Origin(NamedTuple):
    """A value together with where it comes from."""

    value: str
    section: str
    layer: str
    line: int

    def __str__(self):
        return "%s:%d [%s] %s" % (self.layer, self.line, self.section, self.value)


class Stack:
    """What several layers say together."""

    def __init__(self):
        self._table = {}
        self._parents = {}
        self._sections = []

    def push(self, layer):
        """Put one more layer on top."""
        for section in layer.sections:
            if section not in self._sections:
                self._sections.append(section)
        self._parents.update(layer.parents)
        for spot, entry in layer.entries.items():
            if entry is None:
                self._table.pop(spot, None)
            else:
                self._table[spot] = entry
        resolver = Resolver(self.find)
        ready = {
            spot: entry._replace(value=resolver.value(*spot))
            for spot, entry in layer.entries.items()
            if entry is not None
        }
        self._table.update(ready)

    def chain(self, section):
        """A section followed by its parents, the nearest first."""
        names = []
        while section is not None:
            if section in names:
                raise ConfError("section inherits from itself: %s" % section)
            names.append(section)
            section = self._parents.get(section)
        return names

    def find(self, section, key):
        """The section a key is set in and its Entry, or None."""
        for name in self.chain(section):
            entry = self._table.get((name, key))
            if entry is not None:
                return name, entry
        return None

    def sections(self):
        return list(self._sections)

    def keys(self, section):
        """The keys of a section and of its parents, sorted."""
        names = set(self.chain(section))
        return sorted({key for owner, key in self._table if owner in names})

    def explain(self, section, key):
        """The Origin of a key."""
        found = self.find(section, key)
        if found is None:
            raise MissingKey("no such key: %s.%s" % (section, key))
        owner, entry = found
        return Origin(entry.value, owner, entry.layer, entry.line)

    def get(self, section, key, default=_RAISE):
        if default is not _RAISE and self.find(section, key) is None:
            return default
        return self.explain(section, key).value

    def items(self, section):
        """All keys of a section with their values, sorted by key."""
        return [(key, self.get(section, key)) for key in self.keys(section)]

    def get_int(self, section, key, default=_RAISE):
        return self._typed(values.as_int, section, key, default)

    def get_bool(self, section, key, default=_RAISE):
        return self._typed(values.as_bool, section, key, default)

    def get_list(self, section, key, default=_RAISE):
        return self._typed(values.as_list, section, key, default)

    def _typed(self, convert, section, key, default):
        if default is not _RAISE and self.find(section, key) is None:
            return default
        try:
            return convert(self.get(section, key))
        except ValueError as error:
            raise ConfError("%s.%s: %s" % (section, key, error)) from None
