"""`sentinel hook test`: what would become of what another tool sends, without a hub and without changing anything."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sentinel.cli.hub import REFUSED, USAGE, end
from sentinel.config import ConfigError
from sentinel.exchange.hook.mapping import evidence, read
from sentinel.exchange.hook.reading import Read, TooMany, Unreadable
from sentinel.model.hook import BODY_LIMIT, Alert, Became, Hook
from sentinel.run import hooked
from sentinel.run.clock import WallClock
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.wiring import make_world
from sentinel.run.world import World


@click.group()
def hook() -> None:
    """Other tools that report to us (`hooks:` of sentinel.yaml)."""


@hook.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("sentinel.yaml"),
    show_default=True,
    help="The sentinel.yaml of the installation.",
)
@click.option("--header", "headers", multiple=True, help="A header of the request, `name: value`; of binary CloudEvents.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def test(name: str, file: Path, config: Path, headers: tuple[str, ...], as_json: bool) -> None:
    """Read FILE (or -) as the body of a request to the hook NAME, and say which signals would come of it.

    Nothing is sent and nothing is stored. What stands on the hub is not known here: each alert is taken for a new one.
    Exit code 0: read. 1: it cannot be read, or some alert would be set aside. 2: not valid, or there is no such hook.
    """
    world = _world(config, as_json=as_json)
    there = world.installation.hooks.get(name)
    if there is None:
        known = ", ".join(sorted(world.installation.hooks)) or "none"
        end(USAGE, "unknown", f"There is no hook {name!r} in {config}. There are: {known}.", as_json=as_json)
    found = _read(there, file, headers, as_json=as_json)
    lines = [_line(world, there, alert, WallClock().now()) for alert in found.alerts]
    spoilt = [each.why for each in found.spoilt]
    if as_json:
        said = {"hook": name, "alerts": lines, "unreadable": spoilt, "truncated": found.truncated}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2, default=str))
    else:
        for line in lines:
            click.echo(_in_words(line))
        for why in spoilt:
            click.echo(f"aside    cannot be read: {why}")
        if found.truncated:
            click.echo(f"{found.truncated} more are not read: the tool left them out, or they were too many")
    if spoilt or any(line["became"] == Became.ASIDE.value for line in lines):
        click.get_current_context().exit(REFUSED)


def _world(config: Path, *, as_json: bool) -> World:
    try:
        return make_world(open_installation(config, FoundKinds()), FoundKinds(), b"")
    except ConfigError as error:
        end(USAGE, "config", "\n".join(str(each) for each in error.problems), as_json=as_json)


def _read(hook: Hook, file: Path, headers: tuple[str, ...], *, as_json: bool) -> Read:
    split = (each.partition(":") for each in headers)
    given = {name.strip().lower(): value.strip() for name, _, value in split}
    try:
        with click.open_file(str(file), "rb") as opened:
            body: bytes = opened.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise TooMany(f"it is larger than {BODY_LIMIT // 1024} KiB")
        return read(hook, body, given or {"content-type": "application/cloudevents+json"})
    except OSError as error:
        end(USAGE, "file", f"{file} cannot be read ({error.strerror}).", as_json=as_json)
    except (Unreadable, TooMany) as why:
        end(REFUSED, "unreadable", f"The hub would refuse it: {why}.", as_json=as_json)


def _line(world: World, there: Hook, alert: Alert, now: datetime) -> dict[str, Any]:
    became, of = hooked.would(world, there, alert, now)
    return {
        "became": became.value,
        "key": alert.key,
        "state": alert.state.value,
        "since": alert.began_at,
        "until": alert.ended_at,
        "service": of.service or None,
        "statement": of.statement,
        "gravity": of.gravity.value,
        "may": there.may.value,
        "evidence": evidence(there, alert),
        "why": of.unmapped,
        "labels": dict(alert.labels),
    }


def _in_words(line: dict[str, Any]) -> str:
    what = f"{line['became']:<9}{line['state']} {line['key']}"
    if line["why"]:
        return f"{what}: {line['why']}. Labels: {', '.join(f'{k}={v}' for k, v in line['labels'].items())}"
    about = f"{line['service']}, {line['statement'] or 'staff only'}, {line['gravity']}"
    return f"{what}: {about}; {line['evidence']}"
