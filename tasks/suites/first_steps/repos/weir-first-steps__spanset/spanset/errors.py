"""Errors raised by the package."""


class SpanError(ValueError):
    """A span or its text form makes no sense."""
