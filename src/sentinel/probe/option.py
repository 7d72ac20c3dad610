"""Option: what the options of several kinds are made of: a host, headers, a library that must be there.

Pure, but for the looking whether a library is installed. Does not belong here: what one kind alone asks (kind/).
"""

from importlib.util import find_spec
from typing import Annotated, Any, TypeAlias

from pydantic import Field

HostOption: TypeAlias = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
PortOption: TypeAlias = Annotated[int, Field(ge=1, le=65535)]


def host_and_port(value: Any, port: int = 0) -> Any:
    """`host:port` as the two options; `port` where only a host is written. Anything but a text is given back. ValueError where
    there is no port to take."""
    if not isinstance(value, str):
        return value
    is_address = value.count(":") > 1 and not value.startswith("[")  # a bare one of IPv6
    host, colon, number = value.rpartition(":") if not value.endswith("]") and not is_address else (value, "", "")
    if not colon:
        if not port:
            raise ValueError("the port is missing: write host:port, of an IPv6 address [::1]:443")
        return {"host": (host or number).strip("[]"), "port": port}
    return {"host": host.strip("[]"), "port": int(number) if number.isdecimal() and len(number) < 6 else 0}


def needs_extra(kind: str, module: str, extra: str) -> None:
    """ValueError with the line to install what `kind` needs, if `module` is not there."""
    if find_spec(module) is None:
        raise ValueError(f"the kind `{kind}` needs an extra: pip install 'sentinel[{extra}]'")


def sendable(headers: Any) -> str:
    """Why a mapping of headers cannot be sent, "" if it can."""
    for name, value in headers.items():
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            return "a header's name is made of letters, digits and hyphens"
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            return f"header {name} holds a line break or a control character"
    return ""
