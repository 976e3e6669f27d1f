"""Sets of whole numbers kept as sorted, half-open spans."""

from .errors import SpanError
from .ops import coalesce, difference, gaps, intersection
from .span import Span
from .spans import SpanSet
from .text import dump, parse

__all__ = [
    "Span",
    "SpanError",
    "SpanSet",
    "coalesce",
    "difference",
    "dump",
    "gaps",
    "intersection",
    "parse",
]
