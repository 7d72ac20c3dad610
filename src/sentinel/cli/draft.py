"""Commands about a message to customers: edit its words, read and approve it, take it back."""

from pathlib import Path
from typing import Any

import click

from sentinel.cli.hub import REFUSED, USAGE, HubClient, hub_options
from sentinel.cli.show import done, show_notice


@click.command()
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--count", type=click.IntRange(min=0), help="The number of people, typed back; with --hash nothing is asked.")
@click.option("--hash", "draft_hash", default="", help="The hash of the draft that you read; together with --count.")
@click.option("--desk-knows", is_flag=True, help="The desk already has these words; customers need not wait for that.")
@hub_options
def approve(hub: HubClient, notice: int, count: int | None, draft_hash: str, desk_knows: bool) -> None:
    """Show the draft of NOTICE in every language and form, ask for the number of people, and approve exactly that."""
    view = hub.get(f"/notices/{notice}")
    draft = view.get("draft")
    if not draft:
        hub.end(REFUSED, "no_draft", f"Message {notice} has no draft.")
    if bool(draft_hash) != (count is not None):
        hub.end(USAGE, "count", "Give --count and --hash together, or neither: then the draft is shown and the count asked.")
    if count is None:
        show_notice(view, err=hub.as_json)
        count = _asked(hub, view)
    # What is approved is what was shown, or what the hash names: never whatever the draft has become meanwhile.
    fields = {"notice": notice, "hash": draft_hash or draft["hash"], "count": count, "desk_knows": desk_knows}
    done(hub, hub.submit("approve", fields))


@click.command(name="go-on")
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--count", required=True, type=click.IntRange(min=0), help="How many people have still to get it, typed back.")
@click.option("--why", default="", help="What was found.")
@hub_options
def go_on(hub: HubClient, notice: int, count: int, why: str) -> None:
    """Send the rest of NOTICE, which is paused."""
    done(hub, hub.submit("go_on", {"notice": notice, "count": count, "why": why}))


def _asked(hub: HubClient, view: Any) -> int:
    audience = view.get("audience")
    if not audience or not audience["complete"]:
        hub.end(REFUSED, "counting", "The audience is still being counted. Try again in a moment.")
    try:
        return int(click.prompt("Type the number of people who will get it", type=click.IntRange(min=0), err=hub.as_json))
    except click.Abort:
        hub.end(USAGE, "count", "No number was typed. Nothing was approved. (Where nobody can be asked: --count and --hash.)")


@click.command()
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--why", default="", help="For the record.")
@hub_options
def cancel(hub: HubClient, notice: int, why: str) -> None:
    """Take back the approval of NOTICE inside its window, or throw its draft away."""
    done(hub, hub.submit("cancel", {"notice": notice, "why": why}))


@click.command()
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--language", required=True, help="Which language.")
@click.option("--subject", help="The subject line.")
@click.option("--short", help="The text message.")
@click.option("--text", help="The letter.")
@click.option("--page", help="The words for the page.")
@click.option("--voice", help="The words for the phone, at most 35.")
@hub_options
def edit(hub: HubClient, notice: int, language: str, **forms: str | None) -> None:
    """Write new words for one language of NOTICE's draft, slots such as {until} named. @file reads the words from a file."""
    written = {form: _words(hub, text) for form, text in forms.items() if text is not None}
    if not written:
        hub.end(USAGE, "forms", "Give at least one of --subject, --short, --text, --page, --voice.")
    draft = hub.get(f"/notices/{notice}").get("draft")
    if not draft:
        hub.end(REFUSED, "no_draft", f"Message {notice} has no draft.")
    fields = {"notice": notice, "version": draft["version"], "language": language, "forms": written}
    done(hub, hub.submit("edit_draft", fields))


def _words(hub: HubClient, text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        hub.end(USAGE, "file", f"{text[1:]} cannot be read ({type(error).__name__}).")
