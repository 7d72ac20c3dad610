"""`sentinel import`: what another tool watches, as checks of ours: a plan first, then a file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from glob import glob
from pathlib import Path

import click
import httpx

from sentinel.cli.hub import plain
from sentinel.cli.import_contacts import contacts
from sentinel.cli.import_history import history_command
from sentinel.cli.whole import write_whole
from sentinel.config.text import NAME
from sentinel.exchange.targets import Elsewhere, Target, Unreadable, elsewhere, targets
from sentinel.model.web import without_login
from sentinel.run.importing import MARK, Line, plan, text
from sentinel.run.kinds import FoundKinds
from sentinel.run.modules import modules_of, read_modules

REFUSED, WRONG_USAGE = 1, 2
LARGEST = 4_000_000
SECONDS = 10.0


def _named(_: click.Context, __: click.Parameter, value: str) -> str:
    """A service, and so a file's name; nothing that leads out of the folder."""
    if not NAME.fullmatch(value):
        raise click.BadParameter("a name holds small letters, digits, `-` and `_` only, 63 at most")
    return value


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON."),
        click.option("--plan", "only_plan", is_flag=True, help="Say what would be written, and write nothing."),
        click.option("--service", default="imported", show_default=True, callback=_named,
                     help="The service that the checks are written for."),
        click.option("--config", type=click.Path(path_type=Path, dir_okay=False), default=Path("sentinel.yaml"),
                     show_default=True, help="The sentinel.yaml beside whose folder checks/ it is written."),
        click.option("--module", default="", help="The module of targets that name none; http_2xx if not given."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(name="import")
def import_command() -> None:
    """Take over what another tool watches. Run it with --plan first; nothing that people wrote is ever overwritten.

    `blackbox FILE`: modules of blackbox_exporter, with the targets of a prometheus.yml or of file_sd lists. `targets FILE`: a
    file_sd or http_sd list, by a module of sentinel.yaml. `history FILE|URL`: past incidents, for the first estimates.
    `contacts FILE`: how many customers contacted you in the past.
    """


import_command.add_command(history_command)
import_command.add_command(contacts)


@import_command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--targets", "lists", multiple=True, required=True, help="A prometheus.yml, a file_sd list, or an http_sd URL.")
@_shared
@click.pass_context
def blackbox(
    context: click.Context, file: Path, lists: tuple[str, ...], module: str, config: Path, service: str, only_plan: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Each (module, target) of blackbox_exporter as a check."""
    _carry_out(context, file, lists, module, config, service, only_plan=only_plan, as_json=as_json)


@import_command.command(name="targets")
@click.argument("file")
@click.option("--modules", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="The file of modules; those of sentinel.yaml if not given.")  # fmt: skip
@_shared
@click.pass_context
def targets_command(
    context: click.Context, file: str, modules: Path | None, module: str, config: Path, service: str, only_plan: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Each target of a file_sd or http_sd list as a check. Run it again when the list has changed: the hub takes it up."""
    _carry_out(context, modules, (file,), module, config, service, only_plan=only_plan, as_json=as_json)


def _carry_out(
    context: click.Context, modules_file: Path | None, lists: tuple[str, ...], module: str, config: Path, service: str, *,
    only_plan: bool, as_json: bool,
) -> None:  # fmt: skip
    modules, wrong = read_modules(modules_file) if modules_file else modules_of(config)
    if wrong:
        click.echo("\n".join(wrong), err=True)
        context.exit(WRONG_USAGE)
    found: list[Target] = []
    for one in lists:
        try:
            found += _all_of(one)
        except (Unreadable, OSError) as error:
            click.echo(without_login(f"{one}: {error}"), err=True)
            context.exit(WRONG_USAGE)
    lines = plan(modules, dict.fromkeys(found), FoundKinds(), module=module)
    path = config.absolute().parent / "checks" / f"{service}.yaml"
    if as_json:
        click.echo(json.dumps(_as_data(lines, path), ensure_ascii=False, indent=2))
    else:
        _show(lines)
    good = sum(bool(line.check) for line in lines)
    if only_plan or not good:
        click.echo(f"{good} of {len(lines)} would be checks in {path}; nothing is written.", err=True)
        return
    if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
        click.echo(f"{path} was written by people and is not overwritten: name another --service.", err=True)
        context.exit(REFUSED)
    write_whole(path, text(service, lines).encode())
    click.echo(f"{good} of {len(lines)} are checks in {path}. Name its owner and run `sentinel validate`.", err=True)


def _all_of(source: str) -> Iterator[Target]:
    """The targets of a list, or of a prometheus.yml with the lists that its jobs name. What is not read is said."""
    text = _read(source)
    yield from targets(text)
    for more in elsewhere(text):
        job = f"job {more.job or '(without a name)'}"
        if more.key == "relabel_configs":
            click.echo(
                plain(f"{job}: its relabelling is not read: look whether the addresses are those that it makes"), err=True
            )
            continue
        there = _lists(more, source)
        if not there:
            click.echo(
                plain(f"{job}: there is nothing to read of `{more.key}` {without_login(more.source)}".rstrip()), err=True
            )
        for one in there:
            yield from (replace(target, module=target.module or more.module) for target in targets(_read(one)))


def _lists(more: Elsewhere, source: str) -> list[str]:
    """URLs as they are; of a pattern of files those that there are, as seen from the file that names it."""
    if more.key != "file_sd_configs" or _is_url(source):
        return [more.source] if _is_url(more.source) else []
    return sorted(glob(str(Path(source).parent / more.source))) if more.source else []


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _read(source: str) -> str:
    """A file, or what a URL answers; at most 4 MB."""
    if not _is_url(source):
        with Path(source).open(encoding="utf-8", errors="replace") as file:
            read = file.read(LARGEST + 1)
    else:
        read = _fetched(source)
    if len(read) > LARGEST:
        raise Unreadable("it is larger than 4 MB")
    return read


def _fetched(url: str) -> str:
    got = bytearray()
    try:
        with httpx.stream("GET", url, timeout=SECONDS, headers={"accept": "application/json"}) as answer:
            if answer.status_code != 200:
                raise Unreadable(f"it answers {answer.status_code}")
            for chunk in answer.iter_bytes():
                got += chunk
                if len(got) > LARGEST:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreadable(f"it cannot be had ({type(error).__name__})") from None
    return got.decode("utf-8", "replace")


def _as_data(lines: tuple[Line, ...], path: Path) -> dict[str, object]:
    return {
        "file": str(path),
        "targets": [
            {"target": without_login(line.target.address), "module": line.target.module, "check": line.name, "kind": line.kind,
             "cannot": line.cannot, "unlike": line.unlike, "environment": line.secrets}
            for line in lines
        ],
    }  # fmt: skip


def _show(lines: tuple[Line, ...]) -> None:
    """A line for each target, and below it what there is to know."""
    for line in lines:
        becomes = f"{line.name} ({line.kind})" if line.check else "no check"
        click.echo(plain(f"{without_login(line.target.address)} by {line.target.module}: {becomes}"))
        notes = [*line.cannot, *line.unlike, *(f"set {name} in the environment of the hub" for name in line.secrets)]
        for note in notes:
            click.echo(plain(f"    {note}"))
