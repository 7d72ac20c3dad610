"""Certificate: what libcurl's certificate chain says about how long it holds and for whom. Pure: text in, values out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

Chain: TypeAlias = Sequence[Sequence[tuple[str, str]]]
"""As CERTINFO gives it: the leaf first, each certificate its (name, value) pairs."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def field(chain: Chain, name: str) -> str:
    """A field of the leaf, "" if there is none."""
    return next((value for key, value in chain[0] if key == name), "") if chain else ""


def instant(text: str) -> datetime | None:
    """OpenSSL's `Nov 21 04:21:05 2026 GMT` in UTC, None for anything else."""
    try:
        month, day, clock, year, zone = text.split()
        hour, minute, second = (int(part) for part in clock.split(":"))
        at = datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return at if zone == "GMT" else None


def names(chain: Chain) -> str:
    """The names that the leaf is for, in words: "a.example, b.example and 3 more"."""
    alternatives = [part.strip().partition(":")[2] for part in field(chain, "X509v3 Subject Alternative Name").split(",")]
    found = [name for name in alternatives if name][:100]
    shown = ", ".join(name[:100] for name in found[:2])
    return f"{shown} and {len(found) - 2} more" if len(found) > 2 else shown


def days_left(expires_at: datetime, now: datetime) -> float:
    """Days until then, rounded down to a tenth; negative once it has passed."""
    return (expires_at - now).total_seconds() // 8640 / 10


def fault(chain: Chain, result: int, message: str, host: str) -> str:
    """Why a certificate was refused, in words. `result` is OpenSSL's verify result, `message` libcurl's or OpenSSL's own words.

    Where the chain is not known (empty), days and names are left out.
    """
    match result:
        case 9:
            day = _day(chain, "Start date")
            return f"certificate is not valid before {day}" if day else "certificate is not valid yet"
        case 10:
            day = _day(chain, "Expire date")
            return f"certificate expired on {day}" if day else "certificate has expired"
        case 18:
            return "certificate is signed by itself"
        case 19:
            return "certificate chain ends in an authority that is not trusted here (signed by itself)"
        case 2 | 20 | 21:
            return "certificate is not signed by an authority that is trusted here"
        case 23:
            return "certificate was revoked"
    if result in (62, 64) or "subject name" in message or "does not match" in message:
        return f"certificate is for {names(chain) or 'another host'}, not for {host}"
    return f"certificate is not valid: {message[:200]}"


def _day(chain: Chain, name: str) -> str:
    at = instant(field(chain, name))
    return at.date().isoformat() if at else ""
