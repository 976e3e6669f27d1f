"""Fitting text into columns."""

from .width import text_width

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def clip(text, limit):
    """Cut text to at most ``limit`` cells; cut text ends in an ellipsis.

    A limit below one leaves no room for anything.
    """
    if limit < 1:
        return ""
    if text_width(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS


def align_text(text, width, how="l"):
    """Pad text with spaces to ``width`` cells."""
    room = width - text_width(text)
    if room <= 0:
        return text
    if how == "r":
        return " " * room + text
    if how == "c":
        left = room // 2
        return " " * left + text + " " * (room - left)
    return text + " " * room


def _break_word(word, limit):
    """Cut one long word into pieces of at most ``limit`` cells."""
    pieces = []
    current = ""
    for char in word:
        if current and text_width(current + char) > limit:
            pieces.append(current)
            current = ""
        current += char
    pieces.append(current)
    return pieces


def wrap_text(text, limit):
    """Break text into lines of at most ``limit`` cells, at spaces if possible."""
    if limit < 1:
        raise ValueError("a line needs at least one cell")
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            joined = line + " " + word if line else word
            if text_width(joined) <= limit:
                line = joined
                continue
            if line:
                lines.append(line)
            *full, line = _break_word(word, limit)
            lines.extend(full)
        lines.append(line)
    return lines


def column_widths(rows, columns):
    """The width of every column: that of its widest line."""
    widths = [0] * columns
    for row in rows:
        for at, cell in enumerate(row):
            for line in cell:
                widths[at] = max(widths[at], text_width(line))
    return widths
