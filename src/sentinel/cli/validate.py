"""`sentinel validate`: every mistake in what people wrote, or, if there is none, what it can and cannot tell customers."""

import json
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sentinel.config import ConfigError
from sentinel.config.reach import Findings, Reach, reach
from sentinel.model.account import Right, rights_of
from sentinel.model.installation import Installation
from sentinel.run.clock import WallClock
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.templates import proofread

NOT_VALID = 2


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("sentinel.yaml"),
    show_default=True,
    help="The sentinel.yaml of the installation.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def validate(context: click.Context, config: Path, as_json: bool) -> None:
    """Check all files, and show how each statement can reach customers.

    Exit code 0: valid. 2: not valid, each mistake as file:line:column.
    """
    try:
        installation = open_installation(config, FoundKinds(), proofread)
    except ConfigError as error:
        _refuse(error, as_json=as_json)
        context.exit(NOT_VALID)
    today = WallClock().now().astimezone(ZoneInfo(installation.zone)).date()
    findings = reach(installation, today)
    if as_json:
        click.echo(json.dumps(_as_data(findings), ensure_ascii=False, indent=2, default=str))
    else:
        _show(installation, findings)


def _refuse(error: ConfigError, *, as_json: bool) -> None:
    if as_json:
        data = {"valid": False, "problems": [asdict(problem) for problem in error.problems]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for problem in error.problems:
        click.echo(str(problem))
    count = len(error.problems)
    click.echo(f"{count} {'mistake' if count == 1 else 'mistakes'}; nothing was changed", err=True)


def _as_data(findings: Findings) -> dict[str, object]:
    statements = [
        asdict(one) | {"checks": one.checks, "reaches": one.reaches, "only_by_declaring": one.only_by_declaring}
        for one in findings.reaches
    ]
    return {
        "valid": True,
        "statements": statements,
        "reviews_overdue": [{"service": name, "reviewed": day} for name, day in findings.overdue],
        "assurances_lapsed": [{"statement": name, "evidence": by, "until": day} for name, by, day in findings.lapsed],
        "staff_only_checks": list(findings.silent),
    }


def _show(installation: Installation, findings: Findings) -> None:
    console = Console()
    table = Table(title=f"How {installation.brand}'s statements reach customers", title_justify="left")
    for column in ("statement", "told when somebody declares it, or", "to", "by", "in"):
        # A statement's id is copied and searched for: it stands in one piece, however narrow the terminal.
        table.add_column(column, overflow="fold", no_wrap=column == "statement")
    for one in findings.reaches:
        # Text, not markup: a bracket in a name stays a bracket.
        table.add_row(
            *map(
                Text,
                (
                    one.statement,
                    _when(one),
                    one.audience or "nobody",
                    *map(", ".join, (one.channels, one.languages)),
                ),
            )
        )
    console.print(table)
    for line in _remarks(installation, findings):
        console.print(Text(line))
    counted = {"service": installation.services, "check": installation.checks, "statement": findings.reaches}
    console.print(Text(f"Valid: {', '.join(_many(len(found), what) for what, found in counted.items())}."))


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _when(one: Reach) -> str:
    if not one.reaches:
        return "never"
    if one.only_by_declaring:
        return "nothing else: no check means it"
    return "\n".join(f"{check} is {' or '.join(verdicts)}" for check, verdicts in one.verdicts.items())


def _remarks(installation: Installation, findings: Findings) -> list[str]:
    """What is valid and yet worth knowing, a line each."""
    lines = [f"{one.statement} never reaches customers: {'; '.join(one.why_not)}" for one in findings.reaches if one.why_not]
    blocking = {path for one in findings.reaches for path in one.missing}
    lines += [f"{path} is missing: nothing can be said on that occasion" for path in sorted(blocking)]
    lines += [f"{name}: its owner was last looked at on {day}, over 18 months ago" for name, day in findings.overdue]
    lines += [f"{name}: the assurance by {by} ended on {day} and is left out" for name, by, day in findings.lapsed]
    lines += [f"{name} means no statement: staff alone hear of it" for name in findings.silent]
    leads = sum(Right.APPROVE in rights_of(login.roles) for login in installation.logins)
    if leads < 2 and any(service.audience for service in installation.services.values()):
        most = installation.guards.two_above
        lines.append(
            f"people: {leads or 'nobody'} may approve, and messages to more than {most} people need two: give somebody else "
            "the role lead (accounts of the running hub count too)"
        )
    return lines
