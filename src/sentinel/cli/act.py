"""Commands that change something: each asks the running hub for one thing and says what came of it."""

from datetime import datetime
from typing import Any

import click

from sentinel.cli.hub import USAGE, HubClient, hub_options
from sentinel.cli.show import done, show_hold


def parsed(hub: HubClient, text: str) -> str:
    """A time as people type it, in the hub's zone and by its clock, as an ISO instant; ends the command if it is none."""
    from sentinel.serve.clockface import BadTime, typed

    board = hub.get("/board")
    try:
        return typed(text, board["zone"], datetime.fromisoformat(board["at"])).isoformat()
    except BadTime as bad:
        hub.end(USAGE, "time", f"{text!r}: {bad}.")


@click.command()
@click.argument("statement")
@click.option("--since", default="", help="When it began: 2026-11-22 14:30, or 14:30 for today. Default: now.")
@click.option("--why", default="", help="What callers say.")
@hub_options
def declare(hub: HubClient, statement: str, since: str, why: str) -> None:
    """Declare that customers feel STATEMENT (payments.cannot_pay). Staff are told at once."""
    fields: dict[str, Any] = {"service": statement.partition(".")[0], "statement": statement, "why": why}
    if since:
        fields["began_at"] = parsed(hub, since)
    done(hub, hub.submit("declare", fields))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@hub_options
def acknowledge(hub: HubClient, incident: int) -> None:
    """Say that you have INCIDENT."""
    done(hub, hub.submit("acknowledge", {"incident": incident}))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.argument("text")
@hub_options
def note(hub: HubClient, incident: int, text: str) -> None:
    """Write TEXT into the timeline of INCIDENT."""
    done(hub, hub.submit("note", {"incident": incident, "text": text}))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.argument("phase", type=click.Choice(["investigating", "identified", "monitoring"]))
@click.option("--cause", "causes", multiple=True, metavar="LANGUAGE=TEXT", help="What customers may hear of the cause; repeat.")
@click.option("--why", default="", help="For the timeline.")
@hub_options
def phase(hub: HubClient, incident: int, phase: str, causes: tuple[str, ...], why: str) -> None:
    """Set INCIDENT's PHASE, and with --cause what customers may be told of the cause, in every language."""
    cause = {}
    for written in causes:
        language, equals, text = written.partition("=")
        if not equals or not text.strip():
            hub.end(USAGE, "cause", f"{written!r}: write the cause as en='a card processor does not answer'.")
        cause[language.strip()] = text.strip()
    done(hub, hub.submit("set_phase", {"incident": incident, "phase": phase, "cause": cause or None, "why": why}))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.argument("time")
@click.option("--reason", required=True, help="Why you think so.")
@click.option("--vendor", metavar="NAME", default="", help="On whose word, where a vendor named the time.")
@hub_options
def eta(hub: HubClient, incident: int, time: str, reason: str, vendor: str) -> None:
    """Give TIME (2026-11-22 14:30, or 14:30 for today, in the installation's zone) as INCIDENT's time of return."""
    said = {"incident": incident, "until": parsed(hub, time), "reason": reason, "vendor": vendor}
    done(hub, hub.submit("set_eta", said))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.argument("promise", type=click.IntRange(min=1))
@click.argument("answer", type=click.Choice(["holds", "unknown"]))
@hub_options
def answer(hub: HubClient, incident: int, promise: int, answer: str) -> None:
    """Answer that INCIDENT's PROMISE holds, or is unknown. (For a new time: sentinel eta.)"""
    done(hub, hub.submit("answer", {"incident": incident, "promise": promise, "answer": answer}))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.option("--since", default="", help="Since when customers have it back. Default: now.")
@click.option("--why", default="", help="How you know.")
@hub_options
def resolve(hub: HubClient, incident: int, since: str, why: str) -> None:
    """End INCIDENT on your word, where no check can."""
    fields: dict[str, Any] = {"incident": incident, "why": why}
    if since:
        fields["recovered_at"] = parsed(hub, since)
    done(hub, hub.submit("resolve", fields))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="What it was.")
@hub_options
def dismiss(hub: HubClient, incident: int, reason: str) -> None:
    """Say that INCIDENT was no disturbance. Customers who were told are owed a retraction."""
    done(hub, hub.submit("dismiss", {"incident": incident, "reason": reason}))


@click.command()
@click.argument("incident", type=click.IntRange(min=1))
@click.option("--why", required=True, help="What still fails.")
@hub_options
def reopen(hub: HubClient, incident: int, why: str) -> None:
    """Say that INCIDENT is not over."""
    done(hub, hub.submit("reopen", {"incident": incident, "why": why}))


@click.command()
@click.argument("delivery", type=click.IntRange(min=1))
@click.option("--arrived/--did-not-arrive", "arrived", default=None, help="What became of it.")
@click.option("--why", default="", help="How you know.")
@hub_options
def settle(hub: HubClient, delivery: int, arrived: bool | None, why: str) -> None:
    """Settle DELIVERY, which is in doubt."""
    if arrived is None:
        hub.end(USAGE, "arrived", "Say which: --arrived or --did-not-arrive.")
    done(hub, hub.submit("settle", {"delivery": delivery, "arrived": arrived, "why": why}))


@click.command()
@click.argument("delivery", type=click.IntRange(min=1))
@click.option("--why", default="", help="For the record.")
@hub_options
def revive(hub: HubClient, delivery: int, why: str) -> None:
    """Try DELIVERY, which is dead, once more."""
    done(hub, hub.submit("revive", {"delivery": delivery, "why": why}))


@click.command("revive-all")
@click.argument("notice", type=click.IntRange(min=1))
@click.option("--count", required=True, type=click.IntRange(min=1), help="How many are dead, as `sentinel deliveries` says.")
@click.option("--why", default="", help="For the record.")
@hub_options
def revive_all(hub: HubClient, notice: int, count: int, why: str) -> None:
    """Try all dead deliveries of NOTICE once more."""
    done(hub, hub.submit("revive_all", {"notice": notice, "count": count, "why": why}))


@click.command()
@click.argument("channel")
@click.option("--address", default="", help="One address of it that was refused; without it: the channel as a whole.")
@click.option("--why", default="", help="What you did.")
@hub_options
def mend(hub: HubClient, channel: str, address: str, why: str) -> None:
    """Say that CHANNEL works again, which its provider had refused for good."""
    done(hub, hub.submit("mend", {"channel": channel, "address": address, "why": why}))


@click.command()
@click.argument("what", type=click.Choice(["on", "off", "status"]))
@click.option("--why", default="", help="For the record.")
@hub_options
def hold(hub: HubClient, what: str, why: str) -> None:
    """Hold all messages to customers (on), let them go on (off), or say which it is (status)."""
    if what != "status":
        done(hub, hub.submit("hold", {"on": what == "on", "why": why}))
        return
    show_hold(hub, hub.get("/board")["hold"])


@click.command()
@click.option("--why", default="", help="What you checked.")
@hub_options
def release(hub: HubClient, why: str) -> None:
    """Let customer work go on after the store was restored from a backup."""
    done(hub, hub.submit("release", {"why": why}))
