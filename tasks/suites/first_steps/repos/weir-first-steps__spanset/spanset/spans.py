"""The mutable set built from spans."""

from bisect import bisect_right

from . import ops
from .span import Span


class SpanSet:
    """A set of whole numbers stored as coalesced spans."""

    def __init__(self, spans=()):
        self._spans = ops.coalesce(Span.of(start, stop) for start, stop in spans)

    def add(self, start, stop):
        """Add the numbers from start up to, not including, stop."""
        self._spans = ops.coalesce(self._spans + [Span.of(start, stop)])

    def discard(self, start, stop):
        """Remove the numbers from start up to, not including, stop."""
        self._spans = ops.difference(self._spans, [Span.of(start, stop)])

    def widen(self, slack):
        """A new set in which gaps of at most slack numbers are filled."""
        return self._of(ops.coalesce(self._spans, slack))

    def gaps(self):
        return self._of(ops.gaps(self._spans))

    def size(self):
        """How many numbers are in the set."""
        return sum(span.size() for span in self._spans)

    @classmethod
    def _of(cls, spans):
        made = cls()
        made._spans = list(spans)
        return made

    def __contains__(self, number):
        at = bisect_right(self._spans, number, key=lambda span: span.start)
        return at > 0 and number < self._spans[at - 1].stop

    def __iter__(self):
        return iter(self._spans)

    def __len__(self):
        return len(self._spans)

    def __eq__(self, other):
        if not isinstance(other, SpanSet):
            return NotImplemented
        return self._spans == other._spans

    __hash__ = None

    def __or__(self, other):
        return self._of(ops.coalesce(self._spans + other._spans))

    def __and__(self, other):
        return self._of(ops.intersection(self._spans, other._spans))

    def __sub__(self, other):
        return self._of(ops.difference(self._spans, other._spans))

    def __str__(self):
        from .text import dump

        return dump(self)

    def __repr__(self):
        return "SpanSet(%r)" % ([tuple(span) for span in self._spans],)
