"""Reading and writing the text form, for example ``1-5,8,10-12``."""

import re

from .errors import SpanError
from .spans import SpanSet

_ITEM = re.compile(r"(-?\d+)(?:\s*-\s*(-?\d+))?\Z")


def parse(text):
    """Read a comma separated list of numbers and inclusive ranges."""
    pairs = []
    for item in text.split(","):
        item = item.strip()
        if not item:
            continue
        found = _ITEM.match(item)
        if found is None:
            raise SpanError("not a number or a range: %r" % item)
        first = int(found.group(1))
        last = int(found.group(2)) if found.group(2) is not None else first
        if last < first:
            raise SpanError("range runs backwards: %r" % item)
        pairs.append((first, last + 1))
    return SpanSet(pairs)


def dump(spans):
    """Write spans the way ``parse`` reads them."""
    items = []
    for span in spans:
        last = span.stop - 1
        items.append(str(span.start) if last == span.start else "%d-%d" % (span.start, last))
    return ",".join(items)
