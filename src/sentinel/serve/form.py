"""What a browser sent: reading a form, and whether it came from our own page. Pure but for the request's parts it is given."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

FIELDS = 64
TYPE = "application/x-www-form-urlencoded"

# A text box cannot show these, yet a paste may hold them (word processors give vertical tabs for line breaks).
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"} | {0x0B: "\n", 0x2028: "\n"}


class BadForm(ValueError):
    """The body is not a form that one of our pages could have sent."""


def read_form(body: bytes, content_type: str) -> dict[str, str]:
    """Field name → text, with newlines as \\n and control characters dropped. Of a field sent twice the last counts.

    Raises BadForm for another content type, text that is not UTF-8, or more than `FIELDS` fields.
    """
    if content_type.partition(";")[0].strip().lower() != TYPE:
        raise BadForm(f"only {TYPE} is read here")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError:
        raise BadForm("the form cannot be read") from None
    return {name: text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS) for name, text in pairs}


def is_from_our_page(headers: Mapping[str, str], url: str) -> bool:
    """Whether the browser says that the request was made by a page of ours.

    `Sec-Fetch-Site` where there is one (it cannot be set by a page); else `Origin`, which must be the host that was asked or
    the installation's `url`. Neither: refused, since every browser sends one of them with a POST.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        came = urlsplit(origin)
        ours = urlsplit(url)
    except ValueError:
        return False
    if came.scheme not in ("http", "https") or not came.netloc:
        return False
    return came.netloc == headers.get("host") or (came.scheme, came.netloc) == (ours.scheme, ours.netloc)


def local_path(target: str) -> str:
    """`target` if it is a path of this host, else `/`: where a sign-in may lead."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable() and "\\" not in target
    return target if plain and len(target) <= 512 else "/"
