"""`sentinel init`: asks little, writes a first installation with comments, and says what comes next."""

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from sentinel.cli import starter
from sentinel.cli.schema import FILES, FOLDER, text_of
from sentinel.cli.starter import Answers
from sentinel.config.problem import ConfigError
from sentinel.config.text import Line, MailAddress, WebAddress, Zone
from sentinel.demo.world import example
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.templates import proofread

THERE, NOT_VALID = 1, 2
"""Exit codes: files are there already; an answer cannot be used."""
LOCAL_TIME = Path("/etc/localtime")


def _server(text: str) -> str:
    """A mail server as the channel takes it."""
    FoundKinds().options("channel", "email").model_validate({"server": text, "from": "a@b.example"})
    return text


_QUESTIONS: tuple[tuple[str, str, str, Any], ...] = (
    ("brand", "Your company's name, as customers know it", "Example Company", Line),
    ("title", "A service that your customers use, in their words", "Online payments", Line),
    ("address", "The public address of its page", "https://www.example.com", WebAddress),
    ("desk", "The mail address of the customer-service desk", "service-desk@example.com", MailAddress),
    ("mail", "The mail server", "smtp://localhost:25", _server),
    ("zone", "The desk's time zone", "", Zone),
)
"""Field of Answers, the question, what stands if nothing is said, how an answer is checked."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--brand", help="Your company's name, as customers know it.")
@click.option("--title", help="The customers' name for the service to watch.")
@click.option("--address", help="The public address of its page.")
@click.option("--desk", help="The mail address of the customer-service desk.")
@click.option("--mail", help="The mail server, smtp://host:port.")
@click.option("--zone", help="The desk's time zone.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the usual for what is not given.")
@click.pass_context
def init(context: click.Context, /, folder: Path, yes: bool, **given: str | None) -> None:
    """Write a first installation into FOLDER (this one if not given). It asks six things, and nothing is overwritten.

    Exit code 0: written. 1: some of the files are there already, and nothing was written. 2: an answer cannot be used.
    """
    if not yes and sys.stdin.isatty():
        click.echo("Six questions. Enter takes what stands in brackets; everything can be changed in the files later.\n")
        ask: Callable[..., str] = _ask
    else:
        ask = _usual
    answers = Answers(**{name: ask(text, given[name], usual or _zone(), check) for name, text, usual, check in _QUESTIONS})
    files = _files(answers)
    there = [name for name in files if (folder / name).exists()]
    if there:
        click.echo("Nothing was written: these are there already, and none is overwritten.", err=True)
        click.echo("".join(f"  {folder / name}\n" for name in there), err=True, nl=False)
        context.exit(THERE)
    _write(folder, files)
    click.echo(f"{len(files)} files are in {folder.absolute()}: read sentinel.yaml and checks/{answers.service}.yaml first.")
    _check(context, folder)
    _what_next(folder, answers)


def _ask(question: str, given: str | None, usual: str, check: Any) -> str:
    if given is not None:
        return _usual(question, given, usual, check)
    answer: str = click.prompt(question, default=usual, value_proc=lambda text: _checked(text, check))
    return answer


def _usual(question: str, given: str | None, usual: str, check: Any) -> str:
    return _checked(usual if given is None else given, check)


def _checked(text: str, check: Any) -> str:
    """`text` if it can be used; else click says why, and asks again where it had asked."""
    try:
        found: str = check(text) if check is _server else TypeAdapter(check).validate_python(text)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        why = first["msg"].removeprefix("Value error, ")
        raise click.BadParameter(f"{text}: {why}{_todo(first)}") from None
    return found


def _todo(error: Any) -> str:
    todo = error.get("ctx", {}).get("todo")
    return f"; {todo}" if todo else ""


def _zone() -> str:
    """This machine's own."""
    _, _, name = os.path.realpath(LOCAL_TIME).partition("zoneinfo/")
    if name in ("Etc/UTC", "Etc/UCT", "Universal", "Zulu"):
        return "UTC"  # which is how people write it, and how messages show it
    try:
        return str(TypeAdapter(Zone).validate_python(name))
    except ValidationError:
        return "UTC"


def _files(answers: Answers) -> dict[str, str]:
    """Everything that is written: path in the folder → text."""
    templates = sorted((example() / "templates/customers").glob(f"*.{starter.LANGUAGE}"))
    return {
        **starter.texts(answers),
        **{f"templates/customers/{path.name}": path.read_text(encoding="utf-8") for path in templates},
        **{f"{FOLDER}/{name}": text_of(part) for part, name in FILES.items()},
        starter.PASSWORD: secrets.token_urlsafe(12) + "\n",
    }


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if name == starter.PASSWORD else 0o777)
        mode = 0o600 if name == starter.PASSWORD else 0o644
        # "x" in the flags: whoever made it meanwhile keeps theirs.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)


def _check(context: click.Context, folder: Path) -> None:
    """What was just written is valid, or we say what is not: two answers may each be right and not go together."""
    try:
        open_installation(folder / "sentinel.yaml", FoundKinds(), proofread)
    except ConfigError as wrong:
        click.echo(f"What was written is not valid yet:\n{wrong}", err=True)
        context.exit(NOT_VALID)


def _what_next(folder: Path, answers: Answers) -> None:
    into = "" if folder == Path() else f"  cd {folder}\n"
    click.echo(
        f"\nWhat comes next:\n{into}"
        "  sentinel validate     # is all of it right, and how can each statement reach customers?\n"
        "  sentinel doctor       # can this machine do it: the page, the mail server, the folder?\n"
        "  sentinel serve        # then open http://127.0.0.1:8080\n"
        f"\nSign in as {answers.desk} with the password in {starter.PASSWORD}.\n"
        f"`sentinel preview {answers.service}` shows every message before anybody gets one; customers.csv names nobody real."
    )
