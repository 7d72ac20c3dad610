"""`sentinel import history`: past incidents of a CSV file, a status page, or its API, for the first estimates."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import click
import httpx

from sentinel.cli.hub import REFUSED, USAGE, end, plain
from sentinel.cli.place import config_option, history_of, json_option
from sentinel.cli.whole import write_whole
from sentinel.exchange import history, statuspage
from sentinel.exchange.targets import Unreadable
from sentinel.model.estimate import PastIncident
from sentinel.model.web import without_login
from sentinel.run.pastfile import USUAL, Addition, addition

LARGEST = 32_000_000
LARGEST_FETCHED = 8_000_000
SECONDS = 20.0
AT_MOST = 120.0
"""Seconds for the whole of an answer, however slowly it drips."""
SHOWN = 20
PAGE = "/api/v2/incidents.json"


@dataclass(kw_only=True, slots=True)
class _Gathered:
    incidents: list[PastIncident] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, why: str, count: int) -> None:
        if count:
            self.left_out[why] = self.left_out.get(why, 0) + count


@click.command(name="history")
@click.argument("sources", metavar="FILE|URL...", nargs=-1, required=True)
@click.option("--service", default="", help="The service that incidents of a status page are of.")
@click.option("--component", "components", multiple=True, metavar="NAME=SERVICE",
              help="Incidents of this component are of that service; others are left out, or of --service.")  # fmt: skip
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="The file that is added to; the `history:` of sentinel.yaml if not given.")  # fmt: skip
@click.option("--plan", "only_plan", is_flag=True, help="Say what would be added, and write nothing.")
@config_option
@json_option
def history_command(
    sources: tuple[str, ...], service: str, components: tuple[str, ...], to: Path | None, only_plan: bool, config: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Add past incidents to the history that estimates begin with: CSV files of ours, the address of any
    Statuspage-compatible page, or what its API answered. Again adds nothing twice."""
    named = dict(one.rpartition("=")[::2] for one in components)
    if any(not name or not of for name, of in named.items()):
        end(USAGE, "component", "Write --component as NAME=SERVICE.", as_json=as_json)
    if not all(map(str.isprintable, (service, *named.values()))):
        end(USAGE, "service", "A service is named in one line.", as_json=as_json)
    found = _Gathered()
    for source in sources:
        try:
            _gather(source, service, named, found)
        except (Unreadable, OSError) as error:
            end(USAGE, "source", plain(without_login(f"{source}: {error}")), as_json=as_json)
    path = to or history_of(config, as_json=as_json) or config.absolute().parent / USUAL
    made = addition(path, found.incidents)
    if made.errors:
        why = f"{path} has {len(made.errors)} rows that cannot be read, and is not added to. The first: {made.errors[0]}"
        end(REFUSED, "broken_history", plain(why), as_json=as_json)
    if made.fresh and not only_plan:
        try:
            write_whole(path, made.text.encode())
        except OSError as error:
            end(REFUSED, "not_written", plain(f"{path} cannot be written: {error.strerror}"), as_json=as_json)
    _say(found, made, path, only_plan=only_plan, as_json=as_json)


def _gather(source: str, service: str, components: dict[str, str], found: _Gathered) -> None:
    is_url = source.startswith(("http://", "https://"))
    if not is_url and source.lower().endswith(".csv"):
        of_file = history.read(Path(source))
        found.incidents += of_file.incidents
        found.errors += map(str, of_file.errors)
        found.leave_out("not over yet", of_file.unfinished)
        return
    text = _fetched(source) if is_url else _of_file(source)
    if not service and not components:
        raise Unreadable("say which service its incidents are of: --service, or --component NAME=SERVICE")

    def service_of(names: Sequence[str]) -> str:
        return next((components[name] for name in names if name in components), service)

    read = statuspage.read(text, service_of)
    found.incidents += read.incidents
    found.errors += (f"{without_login(source)}: {one}" for one in read.errors)
    found.leave_out("not over yet", read.unfinished)
    found.leave_out("planned maintenance", read.planned)
    found.leave_out("of other components", read.others)


def _of_file(source: str) -> str:
    with Path(source).open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


def _fetched(url: str) -> str:
    """What the page answers; of the address of a page itself, its list of incidents."""
    asked = url if url.partition("?")[0].endswith(".json") else url.rstrip("/") + PAGE
    got, until = bytearray(), monotonic() + AT_MOST
    # Not packed: some hundred bytes unpack into gigabytes before anybody can count them.
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    try:
        with httpx.stream("GET", asked, timeout=SECONDS, headers=headers) as answer:
            if answer.status_code != 200:
                raise Unreadable(f"{asked} answers {answer.status_code}")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise Unreadable(f"{asked} answers in a packing that was not asked for")
            for chunk in answer.iter_raw():
                got += chunk
                if monotonic() > until:
                    raise Unreadable(f"it takes longer than {AT_MOST:.0f} seconds")
                if len(got) > LARGEST_FETCHED:
                    raise Unreadable(f"it is larger than {LARGEST_FETCHED // 1_000_000} MB: fetch it by pages, as files")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreadable(f"it cannot be had ({type(error).__name__})") from None
    return got.decode("utf-8", "replace")


def _say(found: _Gathered, made: Addition, path: Path, *, only_plan: bool, as_json: bool) -> None:
    counts = {"added": 0 if only_plan else len(made.fresh), "new": len(made.fresh), "known": made.known}
    if as_json:
        said = {"file": str(path), **counts, "left_out": found.left_out, "errors": found.errors}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    for error in found.errors[:SHOWN]:
        click.echo(plain(error), err=True)
    if len(found.errors) > SHOWN:
        click.echo(f"... and {len(found.errors) - SHOWN} more that cannot be read", err=True)
    services: dict[str, int] = {}
    for one in made.fresh:
        services[one.service] = services.get(one.service, 0) + 1
    for name, count in sorted(services.items()):
        click.echo(plain(f"{name}: {count} new"))
    for why, count in found.left_out.items():
        click.echo(f"{count} left out: {why}")
    verb = "would be added" if only_plan else "added"
    click.echo(f"{len(made.fresh)} past incidents {verb}, {made.known} were there already: {path}")
    if made.fresh and not only_plan and made.known == 0:
        click.echo(f"A hub learns from it where sentinel.yaml says `history: {path.name}`. Look: sentinel scorecard --rehearse")
