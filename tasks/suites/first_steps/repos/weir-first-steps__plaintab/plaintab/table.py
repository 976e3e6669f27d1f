"""The table itself."""

from . import styles
from .layout import clip, column_widths, wrap_text


class TableError(ValueError):
    """The table was put together wrongly."""


class Table:
    """Rows of cells below a header."""

    def __init__(self, header, align=None):
        self.header = [str(name) for name in header]
        self.align = align if align is not None else "l" * len(self.header)
        if len(self.align) != len(self.header):
            raise TableError("align needs one letter for every column")
        if set(self.align) - set("lcr"):
            raise TableError("align knows only the letters l, c and r")
        self.rows = []

    def add(self, *cells):
        """Append one row."""
        if len(cells) != len(self.header):
            raise TableError("expected %d cells, got %d" % (len(self.header), len(cells)))
        self.rows.append(["" if cell is None else str(cell) for cell in cells])

    def _fit(self, text, max_width, wrap):
        """The lines of one cell."""
        if max_width is None:
            return text.split("\n")
        if wrap:
            return wrap_text(text, max_width)
        return [clip(line, max_width) for line in text.split("\n")]

    def render(self, style="plain", max_width=None, wrap=False):
        """The finished table as text, without a final newline."""
        if style == "csv":
            return styles.csv(self.header, self.rows)
        if style not in styles.DRAW:
            raise TableError("unknown style: %s" % style)
        if max_width is not None and max_width < 1:
            raise TableError("max_width must be at least 1")
        fitted = [
            [self._fit(cell, max_width, wrap) for cell in row]
            for row in [self.header] + self.rows
        ]
        widths = column_widths(fitted, len(self.header))
        return styles.DRAW[style](fitted, widths, self.align)
