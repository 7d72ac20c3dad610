"""`sentinel check`: looks once at one check, from here, and draws what it saw: phases, facts, assertions, verdict."""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from time import monotonic

import click

from sentinel.cli.waterfall import draw, phases
from sentinel.config import ConfigError
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.observation import Verdict
from sentinel.probe.once import Sampled, as_data
from sentinel.run.clock import WallClock
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.once import NoSuchCheck, look, named

EXIT: Mapping[Verdict, int] = {Verdict.UP: 0, Verdict.DEGRADED: 1, Verdict.DOWN: 1, Verdict.UNKNOWN: 2}
CANNOT = 2


@click.command()
@click.argument("name")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), default=Path("sentinel.yaml"), show_default=True,
              help="The sentinel.yaml of the installation.")  # fmt: skip
@click.option("--watch", is_flag=True, help="Look again and again, as often as the check says, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs; with --watch a line for each sample.")
@click.pass_context
def check(context: click.Context, name: str, config: Path, watch: bool, as_json: bool) -> None:
    """Look at the check NAME once, from this machine, and show what it saw. The hub hears nothing of it.

    Exit code 0: up. 1: degraded or down. 2: unknown, or it could not be looked at.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no quotes of ours is no reason to show nothing
    try:
        installation = open_installation(config, FoundKinds())
        wanted = named(name, installation.checks)
    except ConfigError as error:
        click.echo("\n".join(str(problem) for problem in error.problems), err=True)
        context.exit(CANNOT)
    except NoSuchCheck as error:
        click.echo(str(error), err=True)
        context.exit(CANNOT)
    try:
        last = asyncio.run(_look(wanted, installation, watch=watch, as_json=as_json))
    except KeyboardInterrupt:
        context.exit(0)
    context.exit(EXIT[last.verdict])


async def _look(wanted: Check, installation: Installation, *, watch: bool, as_json: bool) -> Sampled:
    clock = WallClock()
    while True:
        began = monotonic()
        at, sampled = clock.now(), await look(wanted, installation, clock)
        _show(wanted, at, sampled, as_json=as_json, on_one_line=watch)
        if not watch:
            return sampled
        await asyncio.sleep(max(0.0, wanted.every.total_seconds() - (monotonic() - began)))


def _show(wanted: Check, at: datetime, sampled: Sampled, *, as_json: bool, on_one_line: bool) -> None:
    if not as_json:
        draw(wanted, at, sampled)
        return
    data = {"check": wanted.id, "kind": wanted.kind, "at": at.isoformat(), **as_data(sampled)}
    data["phases"] = [{"name": phase.name, "began_ms": phase.began, "ms": phase.length} for phase in phases(sampled.facts)]
    click.echo(json.dumps(data, ensure_ascii=False, indent=None if on_one_line else 2))
