"""The ways to draw a table whose cells are fitted already."""

from .layout import align_text


def _lines(row, widths, align):
    """Yield the text lines of one row, every line a list of padded cells."""
    height = max(len(cell) for cell in row)
    for at in range(height):
        yield [
            align_text(cell[at] if at < len(cell) else "", width, how)
            for cell, width, how in zip(row, widths, align)
        ]


def plain(rows, widths, align):
    """Columns two spaces apart, dashes below the header."""
    out = []
    for number, row in enumerate(rows):
        for cells in _lines(row, widths, align):
            out.append("  ".join(cells).rstrip())
        if number == 0:
            out.append("  ".join("-" * width for width in widths))
    return "\n".join(out)


def box(rows, widths, align):
    """Borders made of ASCII characters."""
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    out = [rule]
    for number, row in enumerate(rows):
        for cells in _lines(row, widths, align):
            out.append("| " + " | ".join(cells) + " |")
        if number == 0:
            out.append(rule)
    out.append(rule)
    return "\n".join(out)


def _quote(cell):
    if any(char in cell for char in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def csv(header, rows):
    """Comma separated values, quoted where needed."""
    return "\n".join(",".join(_quote(cell) for cell in row) for row in [header] + rows)


DRAW = {"plain": plain, "box": box}
