"""`sentinel test`: the tests of checks that people write, run on made-up time; each difference at its line."""

import json
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
from rich.console import Console
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.config import ConfigError
from sentinel.config.folder import MAIN
from sentinel.run.trial.judge import Failure
from sentinel.run.trial.suite import Ended, read_suite, run_suite

FAILED, NOT_VALID = 1, 2


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), required=False)
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), default=Path(MAIN), show_default=True,
              help="The sentinel.yaml of the installation, where FOLDER is not given.")  # fmt: skip
@click.option("--only", default="", metavar="TEXT", help="Only tests whose name or file holds this text.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML into this file too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def test(
    context: click.Context, folder: Path | None, config: Path, only: str, junit: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Run the tests in tests/*.yaml of FOLDER, which holds a sentinel.yaml. Nothing is looked at, and nothing is sent.

    Exit code 0: all pass. 1: some do not, each difference with its file and line. 2: a file is not valid, or there is no test.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        house, wanted = read_suite(folder / MAIN if folder is not None else config, only)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        context.exit(NOT_VALID)
    if not wanted:
        click.echo(f"No test holds “{only}” in its name or file." if only else "There is no test.", err=True)
        context.exit(NOT_VALID)
    ended: list[Ended] = []
    for one in run_suite(house, wanted):
        ended.append(one)
        if not as_json and one.failures:
            _show(one)
    if junit is not None:
        junit.write_bytes(as_junit(ended))
    failed = sum(bool(one.failures) for one in ended)
    if as_json:
        click.echo(json.dumps({"passed": len(ended) - failed, "failed": failed, "tests": [*map(_as_data, ended)]},
                              ensure_ascii=False, indent=2))  # fmt: skip
    else:
        took = sum(one.seconds for one in ended)
        click.echo(f"{len(ended) - failed} of {len(ended)} {'test passes' if len(ended) == 1 else 'tests pass'} ({took:.1f} s)")
    if failed:
        context.exit(FAILED)


def _show(one: Ended) -> None:
    """What was expected with -, what was got with +: colour only repeats the signs."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble(("FAILS", "bold red"), f" {one.trial.file}:{one.trial.line}: {plain(one.trial.name)}"))
    for failure in one.failures:
        console.print(Text(f"  {_where(one, failure)}", style="bold"))
        for sign, line in _difference(failure):
            style = {"-": "red", "+": "green"}.get(sign, "dim")
            console.print(Text(f"    {sign} {plain(line)}", style=style))
    console.print()


def _where(one: Ended, failure: Failure) -> str:
    """`tests/payments.yaml:12: signals, 6m after the start`."""
    after = "" if failure.after is None else f", {failure.after} after the start"
    return f"{one.trial.file}:{failure.line}: {failure.key or 'the test'}{after}"


def _difference(failure: Failure) -> list[tuple[str, str]]:
    both = [line for line in failure.wanted if line in failure.got]
    lines = [(" ", line) for line in both]
    lines += [("-", line) for line in failure.wanted or ("none",) if line not in both]
    lines += [("+", line) for line in failure.got or ("none",) if line not in both]
    return lines


def _as_data(one: Ended) -> dict[str, Any]:
    return {
        "test": one.trial.name,
        "file": one.trial.file,
        "line": one.trial.line,
        "passed": not one.failures,
        "seconds": round(one.seconds, 4),
        "failures": [
            {
                "line": failure.line,
                "what": failure.key,
                "at": failure.at.isoformat() if failure.at is not None else None,
                "expected": list(failure.wanted),
                "got": list(failure.got),
            }
            for failure in one.failures
        ],
    }


def as_junit(ended: list[Ended]) -> bytes:
    """What CI servers read: one suite a file, one case a test."""
    root = ElementTree.Element("testsuites", name="sentinel test", tests=str(len(ended)),
                               failures=str(sum(bool(one.failures) for one in ended)))  # fmt: skip
    suites: dict[str, ElementTree.Element] = {}
    for one in ended:
        file = one.trial.file
        if file not in suites:
            mine = [each for each in ended if each.trial.file == file]
            suites[file] = ElementTree.SubElement(
                root, "testsuite", name=file, tests=str(len(mine)), failures=str(sum(bool(each.failures) for each in mine)),
                errors="0", skipped="0", time=f"{sum(each.seconds for each in mine):.3f}",
            )  # fmt: skip
        case = ElementTree.SubElement(suites[file], "testcase", classname=file, name=plain(one.trial.name), file=file,
                                      line=str(one.trial.line), time=f"{one.seconds:.3f}")  # fmt: skip
        for failure in one.failures:
            text = "\n".join(f"{sign} {plain(line)}" for sign, line in _difference(failure))
            ElementTree.SubElement(case, "failure", message=_where(one, failure), type="difference").text = text
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
