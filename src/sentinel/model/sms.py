"""How many segments a text takes as SMS (3GPP TS 23.038): GSM-7 holds 160 characters, or 153 a segment; UCS-2 70, or 67."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def is_gsm7(text: str) -> bool:
    """Whether every character is of the GSM-7 alphabet (Spanish "í" and "ó" are not)."""
    return all(mark in _BASIC or mark in _EXTENDED for mark in text)


def segments(text: str) -> int:
    """How many segments the (filled) text takes; 0 for none."""
    if is_gsm7(text):
        units = [2 if mark in _EXTENDED else 1 for mark in text]
        return _count(units, whole=160, part=153)
    units = [2 if ord(mark) > 0xFFFF else 1 for mark in text]
    return _count(units, whole=70, part=67)


def _count(units: list[int], *, whole: int, part: int) -> int:
    """A character of two units is never cut in half."""
    if sum(units) <= whole:
        return 1 if units else 0
    count, used = 1, 0
    for unit in units:
        if used + unit > part:
            count, used = count + 1, 0
        used += unit
    return count
