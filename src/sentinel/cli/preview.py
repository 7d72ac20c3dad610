"""`sentinel preview`: every message of a service, on the terminal, as JSON, or as a folder of pages for a review."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from sentinel.cli.hub import plain
from sentinel.config import ConfigError
from sentinel.model.installation import Installation
from sentinel.model.notice import Finding
from sentinel.notify.facts import CUSTOMER_OCCASIONS
from sentinel.notify.parts import FORMS
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.preview import Shown, preview
from sentinel.run.templates import proofread, templates_of

NOT_THERE, NOT_VALID = 1, 2
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 3rem; border-bottom: 1px solid; padding-bottom: .25rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; vertical-align: top; width: 6rem; padding: .5rem .75rem .5rem 0; font-weight: 600 }
td { padding: .5rem 0; overflow-wrap: anywhere }
p { margin: 0 0 .75rem }
li { margin: .25rem 0 }
.blocks { font-weight: 700 }
"""


@click.command("preview")
@click.argument("service")
@click.option("--statement", help="Only this statement, by its name or full id.")
@click.option("--occasion", type=click.Choice([each.value for each in CUSTOMER_OCCASIONS]), help="Only this occasion.")
@click.option("--language", help="Only this language.")
@click.option("--form", type=click.Choice(FORMS), help="Only this form.")
@click.option("--html", "pages", type=click.Path(path_type=Path, file_okay=False), help="Write pages into this folder instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option("--config", type=click.Path(path_type=Path), default=Path("sentinel.yaml"), show_default=True,
              help="The sentinel.yaml of the installation.")  # fmt: skip
@click.pass_context
def preview_command(
    context: click.Context, service: str, statement: str | None, occasion: str | None, language: str | None,
    form: str | None, pages: Path | None, as_json: bool, config: Path,
) -> None:  # fmt: skip
    """Show every message that SERVICE can send, in each language and form, as a customer would read it on a sample day.

    Made from the files alone; no hub is needed. Beside each stands what the plain-words check finds in it. Exit code 0: shown.
    1: there is no such service, statement or language, or a finding blocks. 2: the files are not valid.
    """
    installation = _open(context, config)
    wanted = _wanted(context, installation, service, statement, language)
    shown = [
        _only(one, form)
        for one in preview(installation, templates_of(installation), service)
        if one.statement in wanted and occasion in (None, one.occasion.value) and language in (None, one.language)
    ]
    if pages is not None:
        _write_pages(pages, installation, service, shown)
    elif as_json:
        click.echo(json.dumps([asdict(one) for one in shown], ensure_ascii=False, indent=2))
    else:
        _print(shown)
    if any(finding.blocks for one in shown for finding in one.findings):
        context.exit(NOT_THERE)


def _open(context: click.Context, config: Path) -> Installation:
    try:
        return open_installation(config, FoundKinds(), proofread)
    except ConfigError as wrong:
        click.echo(str(wrong))
        click.echo("the files are not valid: mend them first", err=True)
        context.exit(NOT_VALID)


def _wanted(
    context: click.Context, installation: Installation, service: str, statement: str | None, language: str | None
) -> set[str]:
    """The ids of the statements to show; ends the command where there is nothing of that name."""
    mine = {name for name, one in installation.statements.items() if one.service == service}
    chosen = mine if statement is None else mine & {statement, f"{service}.{statement}"}
    why = ""
    if service not in installation.services:
        why = f"There is no service {service}. There are: {', '.join(sorted(installation.services))}."
    elif installation.services[service].audience is None:
        why = f"{service} never tells customers (`tell: customers:` in its file)."
    elif not chosen:
        names = ", ".join(sorted(name.partition(".")[2] for name in mine)) or "none yet"
        why = f"{service} has no such statement. There are: {names}."
    elif language is not None and language not in installation.languages:
        why = f"{language} is not one of the languages: {', '.join(installation.languages)}."
    if why:
        click.echo(plain(why), err=True)
        context.exit(NOT_THERE)
    return chosen


def _only(one: Shown, form: str | None) -> Shown:
    if form is None:
        return one
    findings = tuple(each for each in one.findings if each.form == form)
    return Shown(
        statement=one.statement, occasion=one.occasion, variant=one.variant, language=one.language,
        forms={form: one.forms[form]}, findings=findings,
    )  # fmt: skip


def _title(one: Shown) -> str:
    return ", ".join(filter(None, (one.occasion.value, one.variant, one.language)))


def _said(finding: Finding) -> str:
    return f"{'BLOCKS: ' if finding.blocks else ''}{finding.form}: {finding.what}"


# On the terminal


def _print(shown: Iterable[Shown]) -> None:
    console = Console()
    for statement, several in groupby(shown, key=lambda one: one.statement):
        console.rule(Text(statement))
        for one in several:
            body = Text()
            for form, text in one.forms.items():
                body.append(f"{form}\n", style="bold")
                body.append(f"{plain(text)}\n\n")
            for finding in one.findings:
                body.append(f"• {plain(_said(finding))}\n", style="red" if finding.blocks else "yellow")
            body.rstrip()
            console.print(Panel(body, title=Text(_title(one)), title_align="left"))


# As pages


def _write_pages(folder: Path, installation: Installation, service: str, shown: Sequence[Shown]) -> None:
    """One page a language, and one that leads to them. Nothing in them is loaded from elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for language in dict.fromkeys(one.language for one in shown):
        name = f"{re.sub(r'[^A-Za-z0-9_.-]', '_', f'{service}.{language}')}.html"
        mine = [one for one in shown if one.language == language]
        title = f"{installation.brand}: what customers read about {service}"
        parts = "".join(_section(one) for one in mine)
        (folder / name).write_text(_page(title, language, f"<h1>{escape(title)}</h1>{parts}"), encoding="utf-8")
        found = sum(len(one.findings) for one in mine)
        links.append(f'<li><a href="{name}">{escape(language)}</a>: {len(mine)} messages, {found} findings</li>')
        click.echo(str(folder / name))
    title = f"Preview of {service}"
    (folder / "index.html").write_text(
        _page(title, "en", f"<h1>{escape(title)}</h1><ul>{''.join(links)}</ul>"), encoding="utf-8"
    )
    click.echo(str(folder / "index.html"))


def _page(title: str, language: str, body: str) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _section(one: Shown) -> str:
    rows = "".join(f"<tr><th>{escape(form)}</th><td>{_paragraphs(text)}</td></tr>" for form, text in one.forms.items())
    notes = "".join(_note(finding) for finding in one.findings)
    heading = escape(f"{one.statement}: {_title(one)}")
    return f"<h2>{heading}</h2><table>{rows}</table>{f'<ul>{notes}</ul>' if notes else ''}"


def _note(finding: Finding) -> str:
    said: Any = escape(_said(finding))
    return f'<li class="blocks">{said}</li>' if finding.blocks else f"<li>{said}</li>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in text.split("\n\n"))
