"""`sentinel import contacts`: a plan, then counts for the running hub, in pieces."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from sentinel.model.command import CountContacts

from .conftest import Running

HEAD = "slot,service,statement,channel,count\n"


def written(folder: Path, *rows: str) -> str:
    path = folder / "past.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(path)


def pushed(running: Running) -> list[CountContacts]:
    return [command for command, *_ in running.hub.asked if isinstance(command, CountContacts)]


def test_a_plan_counts_and_imports_nothing(running: Running, sentinel: Callable[..., Result]) -> None:
    file = written(running.folder, "2026-11-22T09:00:00Z,payments,payments.cannot_pay,phone,4")
    shown = sentinel("import", "contacts", file, "--plan")
    assert shown.exit_code == 0, shown.output
    assert "Would import 4 contacts in 1 counts about 1 topics" in shown.output
    assert pushed(running) == []


def test_counts_go_to_the_hub_in_pieces_that_it_takes(running: Running, sentinel: Callable[..., Result]) -> None:
    rows = (f"2026-11-{1 + n // 96:02}T{n % 96 // 4:02}:{15 * (n % 4):02}:00Z,payments,,phone,{n}" for n in range(500))
    shown = sentinel("import", "contacts", written(running.folder, *rows), "--source", "telephone", "--json")
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.output)["imported"]
    sent = pushed(running)
    assert {one.source for one in sent} == {"telephone"}
    assert len(sent) == 3
    assert sum(each.count for one in sent for each in one.counts) == sum(range(500))


def test_a_topic_that_nobody_knows_imports_nothing(running: Running, sentinel: Callable[..., Result]) -> None:
    rows = ("2026-11-22T09:00:00Z,payments,,phone,4", "2026-11-22T09:00:00Z,fax,,phone,4", "2026-11-22,payments,,phone,1")
    shown = sentinel("import", "contacts", written(running.folder, *rows))
    assert shown.exit_code == 1
    assert "Nothing is imported. line 4: slot" in shown.output
    assert "there is no topic 'fax'" in shown.output
    assert pushed(running) == []
