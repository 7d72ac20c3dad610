"""Addresses: our own strict check, made before any mail library sees one.

Narrower than the RFCs on purpose: what is refused here could end a header line, add a recipient or show as another address.
"""

import re

LONGEST = 254
LONGEST_LOCAL = 64
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def fault(address: str) -> tuple[str, str] | None:
    """What is wrong with a mail address and what to do, or None if it may be sent to. Never quotes the address."""
    local, at, domain = address.rpartition("@")
    if len(address) > LONGEST or len(local) > LONGEST_LOCAL:
        return "the address is too long", f"{LONGEST} characters at most, {LONGEST_LOCAL} before the @"
    if has_invisible(address):
        return "a control or invisible character stands in the address", "take it out"
    if not at or "@" in local:
        return "an address has exactly one @", "correct it"
    if not address.isascii():
        return "a letter outside ASCII stands in the address", "write the domain as its xn-- form"
    if not _ATOMS.fullmatch(local):
        return "the part before the @ holds what an address may not", "one address, without spaces, commas or quotes"
    if not _DOMAIN.fullmatch(domain):
        return "the part after the @ is not a domain", "write it like example.org"
    return None


_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_PUNCTUATION = str.maketrans("", "", " -./()\u00a0\u2010\u2011\u2012\u2013\u202f")
_TRUNK = re.compile(r"(?<=[0-9])[ \u00a0-]*\(0\)")


def phone(text: str) -> str:
    """A phone number as E.164 has it: without the marks between its digits, the zero that is dialled only at home
    ("+44 (0)20 ..."), and with + for the 00 of an international call. A number without its country's code stays as it is."""
    is_international = text.lstrip().startswith(("+", "00"))
    number = (_TRUNK.sub("", text) if is_international else text).translate(_PUNCTUATION)
    return f"+{number[2:]}" if number.startswith("00") else number


def phone_fault(number: str) -> tuple[str, str] | None:
    """What is wrong with a phone number and what to do, or None. Never quotes the number."""
    return (
        None if _PHONE.fullmatch(number) else ("this is no phone number", "write it like +34600123456, with its country's code")
    )


def has_invisible(text: str) -> bool:
    """Whether `text` holds a control character, a line break or a mark that changes how it reads."""
    return bool(_INVISIBLE.search(text))
