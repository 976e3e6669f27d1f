"""Settings read from several files, the later ones overriding the earlier."""

from .errors import ConfError, MissingKey, MissingReference, ParseError, ReferenceCycle
from .loader import load, load_files
from .parser import Layer, parse
from .stack import Origin, Stack

__all__ = [
    "ConfError",
    "Layer",
    "MissingKey",
    "MissingReference",
    "Origin",
    "ParseError",
    "ReferenceCycle",
    "Stack",
    "load",
    "load_files",
    "parse",
]
