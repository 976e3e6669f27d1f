"""Plain text tables."""

from .layout import align_text, clip, column_widths, wrap_text
from .table import Table, TableError
from .width import char_width, text_width

__all__ = [
    "Table",
    "TableError",
    "align_text",
    "char_width",
    "clip",
    "column_widths",
    "text_width",
    "wrap_text",
]
