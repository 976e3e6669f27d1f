"""The single span: a half-open range of whole numbers."""

from typing import NamedTuple

from .errors import SpanError


class Span(NamedTuple):
    """The numbers ``start, start + 1, ..., stop - 1``."""

    start: int
    stop: int

    @classmethod
    def of(cls, start, stop):
        """Build a span, refusing an empty or reversed one."""
        if stop <= start:
            raise SpanError("empty span: [%d, %d)" % (start, stop))
        return cls(start, stop)

    def size(self):
        return self.stop - self.start

    def touches(self, other, slack=0):
        """Whether no more than ``slack`` numbers lie between the two spans."""
        low, high = (self, other) if self.start <= other.start else (other, self)
        return high.start - low.stop <= slack

    def overlap(self, other):
        """The common part of two spans, or None."""
        start = max(self.start, other.start)
        stop = min(self.stop, other.stop)
        return Span(start, stop) if start < stop else None
