"""Operations on plain sequences of spans.

Apart from ``coalesce``, every function here expects its arguments to be
coalesced already: sorted, and with no two spans that touch.
"""

from .span import Span


def coalesce(spans, slack=0):
    """Sort spans and join those which overlap or touch.

    With ``slack`` above zero, spans separated by at most that many numbers
    are joined as well, and the numbers between them become part of the span.
    """
    joined = []
    for span in sorted(spans):
        if joined and joined[-1].touches(span, slack):
            last = joined[-1]
            joined[-1] = Span(last.start, span.stop)
        else:
            joined.append(Span(span.start, span.stop))
    return joined


def intersection(left, right):
    """The numbers found in both sequences."""
    found = []
    i = j = 0
    while i < len(left) and j < len(right):
        common = left[i].overlap(right[j])
        if common is not None:
            found.append(common)
        if left[i].stop <= right[j].stop:
            i += 1
        else:
            j += 1
    return found


def difference(left, right):
    """The numbers of ``left`` which are not in ``right``."""
    kept = []
    j = 0
    for span in left:
        start = span.start
        while j < len(right) and right[j].stop <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < span.stop:
            if start < right[k].start:
                kept.append(Span(start, right[k].start))
            start = max(start, right[k].stop)
            k += 1
        if start < span.stop:
            kept.append(Span(start, span.stop))
    return kept


def gaps(spans):
    """The numbers between the spans, the outer sides left out."""
    return [Span(a.stop, b.start) for a, b in zip(spans, spans[1:])]
