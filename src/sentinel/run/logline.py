"""Logline: one line an event, whatever stands in it: texts of targets and providers reach the log, and must forge no event.

Belongs here: how a record becomes a line. Does not belong here: where lines go (start.py).
"""

import logging
from typing import Final

LONGEST: Final = 32_000
_SPOKEN: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class OneLine(logging.Formatter):
    """As the usual formatter, traceback included, with line ends, controls and marks that reorder text written out."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole event on one line of bounded length."""
        line = super().format(record)
        if len(line) > LONGEST:
            line = f"{line[: LONGEST // 2]} … {line[-LONGEST // 4 :]}"
        if not line.isprintable():
            line = "".join(each if each.isprintable() else _SPOKEN.get(each, f"\\u{ord(each):04x}") for each in line)
        return line[: LONGEST + LONGEST // 4]
