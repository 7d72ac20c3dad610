"""Addresses of databases that people write, as SQLAlchemy reads them: `postgresql://name:password@host:port/database`.

Does not belong here: opening one (store/, directory/), and which engines there are.
"""

import re
from typing import Final

_ADDRESS: Final = re.compile(r"(?P<engine>\w+)(?:\+\w+)?://(?:[^:/]*(?::[^@]*)?@)?(?P<rest>.*)", re.DOTALL)
_HOST: Final = re.compile(r"(?:\[[^\]/?]+\]|[^:/?]*)(?::(?P<port>[^/?]*))?")


def engine_of(url: str) -> str:
    """The database that an address is of (`postgresql`). ValueError says what is wrong with it, and never quotes it."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise ValueError("this is no address of a database, such as postgresql://name:password@host/database")
    engine, rest = found["engine"].lower(), found["rest"].partition("?")[0]
    if engine == "sqlite":
        return engine  # a path, in which an @ is one
    if "@" in rest:
        # A password ends at its first @: what stands behind would be taken for the host, and be shown as such.
        raise ValueError("the host cannot be told from a name and a password before it: write an @ in these as %40")
    host = _HOST.match(rest)
    if host is None or (host["port"] is not None and not re.fullmatch(r"[0-9]{1,5}", host["port"])):
        raise ValueError("the port of this address is no number")
    return engine
