"""Everything that can go wrong."""


class ConfError(Exception):
    """The parent of all errors of this package."""


class ParseError(ConfError):
    """A line could not be understood."""

    def __init__(self, layer, line, message):
        super().__init__("%s:%d: %s" % (layer, line, message))
        self.layer = layer
        self.line = line


class MissingKey(ConfError, KeyError):
    """A key was asked for which no layer sets."""

    def __str__(self):
        return str(self.args[0])


class MissingReference(ConfError):
    """A value refers to a key which does not exist."""


class ReferenceCycle(ConfError):
    """Values refer to each other in a circle."""
