"""World: a whole installation in one folder, wired to the demo's company and sinks and running on short times.

Belongs here: sentinel.yaml of the demo, the files beside it, and what the hub must find in its environment. Does not belong
here: starting anything.
"""

import secrets
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from sentinel.demo import reminders
from sentinel.demo.past import DEMO, write_history
from sentinel.demo.people import write_customers

BRAND: Final = "Northwind Insurance"
DESK: Final = "desk@northwind.example"
LEAD: Final = "lena@northwind.example"
AGENT: Final = "dana@northwind.example"
CHANNEL: Final = "C0SERVICE"
STAFF: Final = (("Lena Hart", LEAD, "lead"), ("Dana Reyes", AGENT, "desk"))
"""Who may sign in, all of them with the demo's one password."""


def person(name: str, email: str, role: str) -> dict[str, str]:
    """One of `people:`."""
    return {"name": name, "email": email, "role": role, "password": "${env:SENTINEL_LEAD_PASSWORD}"}


TIMES: Final[Mapping[str, Any]] = {
    "policies": {
        "incident": {"group_within": "3s", "reopen_within": "60s", "hold": "2s", "hold_intervals": 2},
        "estimate": {"round_to": "1s", "at_most": "4h", "spread_at_most": 3, "borrow_below": 20, "least_ahead": "12s"},
        "notice": {
            "cancel_window": "1s",
            "desk_first": "1s",
            "ask_before": "9s",
            "hold_before": "7s",
            "send_margin": "2s",
            "next_word": "20s",
            "gather": "1s",
        },
    },
    "defaults": {
        "every": "1s",
        "timeout": "4s",
        "confirm": ["200ms", "500ms", "1s"],
        "detect": {
            "outage": {"persistence": "1s", "samples": 3, "clears_after": 2},
            "slow": {"persistence": "2s", "samples": 3, "clears_after": 2},
        },
    },
}
"""The stories' times: what takes minutes in life takes seconds here."""

GENTLE: Final[Mapping[str, Any]] = {
    "people": [person(*each) for each in (*STAFF, ("Amir Roth", "amir@northwind.example", "admin"))],
    "policies": {
        "estimate": {"round_to": "1m", "least_ahead": "5m"},
        "notice": {
            "cancel_window": "5s",
            "desk_first": "5s",
            "ask_before": "2m",
            "hold_before": "90s",
            "send_margin": "1m",
            "next_word": "10m",
        },
    },
}
"""Laid over them where a person walks about: time enough to read."""
GENTLE_SCALE: Final = 1 / 6


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """`environment` is what the hub needs beside what it inherits; `lead` signs in with `password`."""

    folder: Path
    config: Path
    environment: Mapping[str, str]
    lead: str
    password: str


def write_world(
    folder: Path,
    *,
    smtp_port: int,
    slack_url: str,
    listen: str,
    urls: Mapping[str, str],
    slack_token: str = "xoxb-demo",  # noqa: S107 - opens nothing but the demo's sink
    password: str | None = None,
    scale: float = DEMO,
    now: datetime | None = None,
    overrides: Mapping[str, Any] | None = None,
    authority: bytes | None = None,
) -> World:
    """Write a complete installation into `folder`, which is made if it is not there; files of an earlier one are replaced.

    `urls`: service → base address (`Company.urls`). `scale`: how long past incidents lasted against life (past.py).
    `overrides` is laid over sentinel.yaml, mapping by mapping. `password` None: a new one is made up. `authority`: the
    certificate, as PEM, of who signed the services'; it is what DEMO_CA names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("checks", "templates"):
        shutil.copytree(example() / part, folder / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    reminders.write_files(folder)
    write_customers(folder / "customers.csv")
    write_history(folder / "history.csv", now or datetime.now(UTC), scale)
    config = folder / "sentinel.yaml"
    written = laid_over(laid_over(_settings(smtp_port, listen), TIMES), overrides or {})
    config.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")
    password = secrets.token_urlsafe(9) if password is None else password
    environment = {"SLACK_TOKEN": slack_token, "SLACK_URL": slack_url, "SENTINEL_LEAD_PASSWORD": password}
    if authority is not None:
        (folder / "authority.pem").write_bytes(authority)
    environment["DEMO_CA"] = str((folder / "authority.pem").absolute())
    environment |= {f"DEMO_{service.upper()}": url for service, url in urls.items()}
    _leave(folder / "demo.env", environment)
    return World(folder=folder, config=config, environment=environment, lead=LEAD, password=password)


def _leave(path: Path, environment: Mapping[str, str]) -> None:
    """What the files refer to, for a shell: `. demo.env` before `sentinel validate`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()))


def example() -> Path:
    """The folder with the worked example's `checks` and `templates`: inside the installed package, or the checkout's root."""
    packaged = Path(str(files("sentinel"))) / "example"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3]


def laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `under`: mappings are merged, anything else is replaced."""
    laid = dict(under)
    for key, value in over.items():
        below = laid.get(key)
        laid[key] = laid_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return laid


def staff_of(config: Path) -> tuple[tuple[str, str, str], ...]:
    """Who may sign in, of a sentinel.yaml that was written here: name, address and role of each."""
    people = yaml.safe_load(config.read_text(encoding="utf-8"))["people"]
    return tuple((each["name"], each["email"], each["role"]) for each in people)


def _settings(smtp_port: int, listen: str) -> dict[str, Any]:
    """sentinel.yaml without its times."""
    server = f"smtp://127.0.0.1:{smtp_port}"
    slack = {"token": "${env:SLACK_TOKEN}", "channel": CHANNEL, "base_url": "${env:SLACK_URL}"}
    desk = {"server": server, "from": "Sentinel <sentinel@northwind.example>", "to": DESK}
    customers = {
        "server": server,
        "from": f"{BRAND} <service@northwind.example>",
        "reply_to": "service@northwind.example",
        "unsubscribe": "https://sentinel.northwind.example/u/",
    }
    return {
        "name": "northwind",
        "brand": BRAND,
        "desk": {"en": "the number on your policy", "es": "el teléfono de su póliza"},
        "url": f"http://{listen}",
        "time_zone": "Europe/Madrid",
        "languages": ["en", "es"],
        "store": "sentinel.db",
        "listen": listen,
        "place": "head-office",
        "history": "history.csv",
        "allow_private": ["127.0.0.0/8"],
        "people": [person(name, email, role) for name, email, role in STAFF],
        "channels": {"cs-slack": {"slack": slack}, "cs-mail": {"email": desk}, "email": {"email": customers}},
        "audiences": {
            "customers": {"csv": "customers.csv", "segment": "customers"},
            "payers": {"csv": "customers.csv", "segment": "payers"},
            reminders.AUDIENCE: {"csv": "reminded.csv", "subscribers": False},
        },
    }
