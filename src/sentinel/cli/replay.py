"""`sentinel replay`: what was seen, told once more to the detectors; what would have fired, how early, how often in vain."""

import json
import sys
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from sentinel.cli.replaytext import as_data, show
from sentinel.cli.strip import draw
from sentinel.cli.stripsvg import svg
from sentinel.config import ConfigError
from sentinel.config.folder import MAIN
from sentinel.config.problem import nearest, quoted
from sentinel.config.scalar import duration
from sentinel.exchange.series import NoSeries
from sentinel.model.installation import Installation
from sentinel.run.clock import WallClock
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.replay.replay import Asked, of_series, of_store
from sentinel.store.reading import NoStore
from sentinel.store.trouble import StoreTrouble

CANNOT, NOT_VALID = 1, 2
USUAL = timedelta(days=7)
_WHEN = "2026-11-20, 2026-11-20T10:00 (on the installation's clock), or 7d: so long ago"


@click.command()
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), default=Path(MAIN), show_default=True,
              help="The sentinel.yaml of the installation. Its store is read, beside a running hub.")  # fmt: skip
@click.option("--against", type=click.Path(path_type=Path, file_okay=False, exists=True),
              help="The folder of another installation, or of another edit of this one, to compare with.")  # fmt: skip
@click.option("--from", "since", default="7d", show_default=True, metavar="WHEN", help=f"{_WHEN}.")
@click.option("--to", "until", default="", metavar="WHEN", help="The end; now if not given.")
@click.option("--check", "checks", multiple=True, help="Only this check; may be given several times.")
@click.option("--series", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Take a CSV (series,time,value,label) instead of the store; .gz too.")  # fmt: skip
@click.option("--fact", default="total_ms", show_default=True, help="What the values of --series are.")
@click.option("--svg", "picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into this file too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def replay(
    context: click.Context, config: Path, against: Path | None, since: str, until: str, checks: tuple[str, ...],
    series: Path | None, fact: str, picture: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Tell the detectors once more what was seen, and lay what they would have raised beside the incidents that there were.

    Nothing is changed or sent; the hub may run. Exit code 0: done. 1: there is nothing to replay. 2: a file is not valid.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sides = {"A": _open(context, config)}
    if against is not None:
        sides["B"] = _open(context, against / MAIN)
    zone, now = ZoneInfo(sides["A"].zone), WallClock().now()
    begins, ends = _instant(since, zone, now), _instant(until, zone, now) if until else now
    if begins >= ends:
        raise click.BadParameter(f"{since} does not lie before {until or 'now'}", param_hint="--from")
    _known(checks, sides)
    asked = Asked(sides=sides, since=begins, until=ends, checks=checks)
    try:
        if series is not None:
            told = of_series(asked, series, checks[0] if checks else "", fact, _progress)
        else:
            told = of_store(asked, _progress)
    except (NoStore, StoreTrouble, NoSeries) as why:
        _progress("")
        click.echo(f"{why}.", err=True)
        context.exit(CANNOT)
    _progress("")
    if picture is not None:
        picture.write_text(svg(told, zone), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(as_data(told), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        draw(told, console, zone)
        show(told, console, zone)
    if not told.tracks:
        click.echo("Nothing was seen of these checks.", err=True)
        context.exit(CANNOT)


def _open(context: click.Context, config: Path) -> Installation:
    try:
        return open_installation(config, FoundKinds())
    except ConfigError as error:
        for problem in error.problems:
            click.echo(f"{config.parent}: {problem}", err=True)
        context.exit(NOT_VALID)


def _known(checks: tuple[str, ...], sides: dict[str, Installation]) -> None:
    names = {name for house in sides.values() for name in house.checks}
    for check in checks:
        if check not in names:
            raise click.BadParameter(f"there is no check {quoted(check)}: {nearest(check, names)}", param_hint="--check")


def _instant(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    length = duration(text)
    if length is not None:
        return now - length
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{quoted(text)} is no time: write {_WHEN}") from None
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{what[:70]}", nl=False, err=True)
