"""`sentinel import contacts`: how many customers contacted you in the past, so that what is usual is known at once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from sentinel.cli.hub import REFUSED, HubClient, hub_options, plain
from sentinel.exchange.contactfile import Read, read
from sentinel.model.contact import ContactCount

AT_ONCE: Final = 200
"""Counts in one command: a body has 64 KiB at most."""
LARGEST: Final = 50_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", default="import", show_default=True, help="Who counted; the same source again replaces what it said.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be imported, and import nothing.")
@hub_options
def contacts(hub: HubClient, file: Path, source: str, only_plan: bool) -> None:
    """How many contacted you: a CSV FILE with the columns slot, service, count, and statement and channel where known."""
    if file.stat().st_size > LARGEST:
        hub.end(REFUSED, "too_large", f"{file} is larger than {LARGEST // 1_000_000} MB: cut it in pieces.")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        found = read(lines)
    faults = (*found.faults, *_unknown(hub, found.counts))
    if faults:
        hub.end(REFUSED, "contacts", "Nothing is imported. " + "; ".join(faults) + ".")
    if not only_plan:
        for start in range(0, len(found.counts), AT_ONCE):
            some = found.counts[start : start + AT_ONCE]
            hub.submit("count_contacts", {"source": source, "counts": [_as_data(one) for one in some]})
    _say(hub, found, imported=not only_plan)


def _unknown(hub: HubClient, counts: Sequence[ContactCount]) -> list[str]:
    """Topics that the hub does not know."""
    services = {one["name"] for one in hub.get("/services")["services"]}
    statements = {(one["service"], one["statement"]) for one in hub.get("/callers")["topics"]}
    asked = dict.fromkeys((one.service, one.statement) for one in counts)
    return [
        f"there is no topic {plain(statement or service)!r}"
        for service, statement in asked
        if service not in services or (statement and (service, statement) not in statements)
    ][:20]


def _as_data(one: ContactCount) -> dict[str, object]:
    return {"slot": one.slot.isoformat(), "service": one.service, "statement": one.statement, "channel": one.channel,
            "count": one.count}  # fmt: skip


def _say(hub: HubClient, found: Read, *, imported: bool) -> None:
    total, topics = sum(one.count for one in found.counts), {(one.service, one.statement) for one in found.counts}
    first, last = (found.counts[at].slot.isoformat() if found.counts else None for at in (0, -1))
    made = {"rows": found.rows, "counts": len(found.counts), "contacts": total, "topics": len(topics), "from": first,
            "until": last, "imported": imported}  # fmt: skip
    if hub.as_json:
        click.echo(json.dumps(made))
        return
    done = "Imported" if imported else "Would import"
    click.echo(f"{done} {total} contacts in {len(found.counts)} counts about {len(topics)} topics, {first} to {last}.")
