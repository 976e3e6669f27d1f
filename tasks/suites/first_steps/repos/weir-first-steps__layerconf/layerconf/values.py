"""From text to other types."""

_TRUE = frozenset(["yes", "true", "on", "1"])
_FALSE = frozenset(["no", "false", "off", "0"])


def as_int(text):
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError("not a whole number: %s" % text) from None


def as_bool(text):
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("neither yes nor no: %s" % text)


def as_list(text):
    """Items separated by commas or line breaks, blanks around them left out."""
    items = (item.strip() for item in text.replace("\n", ",").split(","))
    return [item for item in items if item]
