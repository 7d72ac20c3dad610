"""The demo's installation: complete in one folder, and wired to what runs."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sentinel.config.reach import reach
from sentinel.demo.services import PAGES
from sentinel.demo.world import World, example, laid_over, write_world
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds

URLS = {service: f"http://127.0.0.1:{4000 + place}" for place, service in enumerate(PAGES)}


def written(folder: Path, **more: Any) -> World:
    return write_world(
        folder,
        smtp_port=2525,
        slack_url="http://127.0.0.1:4999/api/",
        listen="127.0.0.1:8080",
        urls=URLS,
        now=datetime(2026, 11, 22, tzinfo=UTC),
        **more,
    )


def settings(world: World) -> Any:
    return yaml.safe_load(world.config.read_text(encoding="utf-8"))


def test_the_folder_holds_all_that_the_hub_reads(tmp_path: Path) -> None:
    world = written(tmp_path / "made" / "here")
    held = {str(path.relative_to(world.folder)) for path in world.folder.rglob("*.*") if path.is_file()}
    assert {"sentinel.yaml", "customers.csv", "history.csv"} <= held
    assert {f"checks/{service}.yaml" for service in PAGES} <= held
    assert {f"templates/statements/{service}.yaml" for service in ("payments", "documents", "accounts", "quoting")} <= held
    with (world.folder / "customers.csv").open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 201


def test_every_reference_to_the_environment_is_answered(tmp_path: Path) -> None:
    world = written(tmp_path)
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yaml")]
    asked = {reference.partition("}")[0] for text in texts for reference in text.split("${env:")[1:]}
    assert asked == set(world.environment)
    assert world.environment["DEMO_PAYMENTS"] == URLS["payments"]


def test_the_password_is_made_up_or_given_and_never_written(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert first.password != second.password
    assert first.environment["SENTINEL_LEAD_PASSWORD"] == first.password
    assert first.password not in first.config.read_text(encoding="utf-8")
    assert written(tmp_path / "c", password="given").password == "given"


def test_the_times_are_the_demos_and_any_can_be_overridden(tmp_path: Path) -> None:
    assert settings(written(tmp_path))["policies"]["notice"]["hold_before"] == "7s"
    over = {"policies": {"notice": {"hold_before": "1m"}}, "languages": ["es"]}
    changed = settings(written(tmp_path, overrides=over))
    assert changed["policies"]["notice"]["hold_before"] == "1m"
    assert changed["policies"]["notice"]["ask_before"] == "9s"
    assert changed["languages"] == ["es"]


def test_everything_stays_on_this_machine(tmp_path: Path) -> None:
    said = settings(written(tmp_path))
    servers = [options["email"]["server"] for options in said["channels"].values() if "email" in options]
    assert set(servers) == {"smtp://127.0.0.1:2525"}
    assert said["listen"] == "127.0.0.1:8080"


def test_sentinel_takes_it_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = written(tmp_path)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    installation = open_installation(world.config, FoundKinds())
    found = reach(installation, date(2026, 11, 22))
    assert {each.statement: each.why_not for each in found.reaches if each.why_not or each.missing} == {}
    assert [evidence for _, evidence, _ in found.lapsed] == ["POL-188"]
    assert (found.overdue, found.silent) == ((), ("ledger.answers",))


def test_the_example_is_found() -> None:
    assert (example() / "checks" / "payments.yaml").is_file()


def test_laying_over_merges_mappings_and_replaces_the_rest() -> None:
    assert laid_over({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"c": [2]}, "e": 3}) == {"a": {"b": 1, "c": [2]}, "d": 2, "e": 3}
