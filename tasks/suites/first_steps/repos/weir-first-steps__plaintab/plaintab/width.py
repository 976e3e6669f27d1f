"""How many terminal cells a piece of text covers."""

import unicodedata

_WIDE = frozenset("WF")


def char_width(char):
    """The number of cells one character covers."""
    if unicodedata.category(char) == "Cc":
        return 0
    if unicodedata.east_asian_width(char) in _WIDE:
        return 2
    return 1


def text_width(text):
    """The number of cells a whole text covers."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(char_width(char) for char in text)
