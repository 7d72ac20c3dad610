"""How answers are laid out in a terminal. Everything that others wrote is freed of what could steer one."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from sentinel.cli.hub import HubClient, plain

FORMS = ("subject", "text", "short", "voice", "page")


def show(hub: HubClient, view: Any, lay_out: Callable[[Any], None]) -> None:
    """The view as JSON if that was asked for, else laid out."""
    if hub.as_json:
        click.echo(json.dumps(view, ensure_ascii=False, indent=2))
    else:
        lay_out(view)


def done(hub: HubClient, result: Any) -> None:
    """What came of a command."""
    say(result, as_json=hub.as_json)


def say(result: Any, *, as_json: bool) -> None:
    """The same, whoever carried it out."""
    if as_json:
        click.echo(json.dumps({"done": result}, ensure_ascii=False))
        return
    said = result.get("said") or "Done."
    about = [f"{name} {result[name]}" for name in ("incident", "notice") if result.get(name) is not None]
    click.echo(plain(said) + (f" ({', '.join(about)})" if about else ""))


def show_hold(hub: HubClient, hold: Any) -> None:
    """`hold status`."""
    if hub.as_json:
        click.echo(json.dumps(hold, ensure_ascii=False))
        return
    if hold["on"]:
        by = f" by {plain(hold['by'])}" if hold["by"] else ""
        why = f": {plain(hold['why'])}" if hold["why"] else ""
        click.echo(f"On hold{by}{why}. No message to customers leaves.")
    else:
        click.echo("Not on hold.")
    if hold["release_needed"]:
        click.echo("The store was restored: messages to customers wait for: sentinel release")


def show_board(board: Any) -> None:
    """Services with their checks, then incidents."""
    for service in board["services"]:
        click.echo(f"{service['shown']:8} {plain(service['title'])}")
        for check in service["checks"]:
            since = f" since {when(check['since'])}" if check["since"] else ""
            why = f": {plain(check['reason'])}" if check["reason"] and check["shown"] != "up" else ""
            click.echo(f"  {check['shown']:8} {check['id']}{since}{why}")
    for title, lines in (("Open", board["open"]), ("Over", board["recent"])):
        click.echo(f"\n{title}" if lines else f"\n{title}: none")
        for line in lines:
            _line(line)
    if board["hold"]["on"] or board["hold"]["release_needed"]:
        click.echo("\nMessages to customers are held: sentinel hold status")


def _line(line: Any) -> None:
    incident = line["incident"]
    until = f", customers were told {when(line['until'])}" if line["until"] else ""
    click.echo(f"  {incident['id']:>4}  {line['reference']}  {plain(line['headline'])}")
    click.echo(f"        {incident['phase']}, since {when(incident['began_at'])}{until}")
    for notice in line["to_approve"]:
        click.echo(f"        waits for approval: sentinel approve {notice}")
    for promise in line["asked"]:
        click.echo(f"        promise is due: sentinel answer {incident['id']} {promise} holds|unknown")
    if line["callers"]:
        usual = line["callers_usual"]
        click.echo(f"        {line['callers']} callers in the last hour{'' if usual is None else f', usual {usual:.0f}'}")
    if line["in_doubt"]:
        click.echo(f"        {line['in_doubt']} in doubt: sentinel deliveries NOTICE --state in_doubt, then sentinel settle")


def show_incident(page: Any) -> None:
    """Brief, promises, messages, timeline."""
    incident, brief = page["incident"], page["brief"]
    click.echo(f"{page['reference']}  {plain(page['headline'])}")
    click.echo(f"{incident['phase']}, since {when(incident['began_at'])}, back since {when(incident['recovered_at'])}")
    if brief:
        click.echo(f"\nTo callers now: {plain(brief['say'])}\nWho: {plain(brief['who'])}")
    for topic, number in page["callers"].items():
        usual = page["callers_usual"].get(topic)
        click.echo(f"Callers in the last hour: {number} about {plain(topic)}{'' if usual is None else f', usual {usual:.0f}'}")
    for warning in page["warnings"]:
        over = f", over {when(warning['over_at'])}" if warning["over_at"] else ""
        about = f"{plain(warning['check'])}: {plain(warning['detail'])}"
        click.echo(f"Early warning: {about}, since {when(warning['since'])}{over}")
    for promise in page["promises"]:
        due = ", due an answer" if promise["id"] in page["asked"] else ""
        click.echo(f"Promise {promise['id']}: {promise['kind']} {when(promise['at'])}, {promise['state']}{due}")
    for view in page["notices"]:
        notice, audience = view["notice"], view["audience"]
        people = f" for {audience['sending']}" if audience else ""
        click.echo(f"Message {notice['id']}: {notice['occasion']}, {'void' if notice['void_at'] else notice['state']}{people}")
    click.echo("\nTimeline (times in UTC)")
    for entry in page["entries"]:
        said = {name: value for name, value in entry["said"].items() if name != "kind" and value is not None}
        words = plain(", ".join(f"{name} {value}" for name, value in said.items()))
        why = f" ({plain(entry['why'])})" if entry["why"] else ""
        click.echo(f"  {when(entry['at'])} {plain(entry['who'])}: {entry['said']['kind']} {words}{why}")


def show_notice(view: Any, *, err: bool = False) -> None:
    """A message to customers as one of them will read it, in every language and form, with what the checks found."""

    def say(text: str = "") -> None:
        click.echo(plain(text), err=err)

    notice, audience, draft = view["notice"], view["audience"], view["draft"]
    say(f"Message {notice['id']}: {notice['occasion']}, {notice['state']}")
    if view.get("signed"):
        say(f"Approved by {len(view['signed'])} of {view['wanted']}: {', '.join(one['who'] for one in view['signed'])}")
    if notice.get("paused_at"):
        say(f"Paused: {notice['paused_why']}. {view['rest']} have still to get it: sentinel go-on {notice['id']} --count N")
    if view.get("waits_for"):
        say(f"The rest waits: {view['waits_for']}.")
    for preview in view["previews"]:
        body = preview["body"]
        say(f"\n--- {preview['part']}, {body['language']}, as {preview['to'] or 'a customer'} reads it")
        for form in FORMS:
            say(f"[{form}] {body[form]}")
    say("\n---")
    for finding in draft["findings"]:
        grave = "MUST BE MENDED" if finding["blocks"] else "Finding"
        say(f"{grave}: {finding['what']} ({finding['language']}, {finding['form']})")
    for line in draft["left_out"]:
        say(f"Left out: {line}")
    say(f"Hash: {draft['hash']}")
    if audience:
        left = ", ".join(f"{count} {reason}" for reason, count in audience["left_out"].items() if count)
        counting = "" if audience["complete"] else " so far: still counting"
        say(f"People who will get it: {audience['sending']}{counting}{f' (left out: {left})' if left else ''}")


def show_deliveries(page: Any) -> None:
    """One line a delivery."""
    for row in page["deliveries"]:
        detail = f"  {plain(row['detail'])}" if row["detail"] else ""
        if row["bounced_at"] is not None:
            detail = f"  BOUNCED {when(row['bounced_at'])}: {plain(row['bounce_why'] or '')}"
        if row["id"] in page["unwritten"]:
            detail += "  (written to no more)"
        click.echo(
            f"{row['id']:>8}  {row['state']:10} {row['channel']:8} {plain(row['name'])} <{plain(row['address'])}>{detail}"
        )
    if not page["deliveries"]:
        click.echo("None.")
    if page["next"] is not None:
        click.echo(f"More: --after {page['next']}")


def show_books(every: Any) -> None:
    """One line a notice."""
    for view in every:
        books = view["books"]
        counts = ", ".join(f"{count} {state}" for state, count in books["counts"].items() if count)
        verdict = "balance" if view["balanced"] else "DO NOT BALANCE"
        back = f"; {books['bounced']} bounced" if books["bounced"] else ""
        click.echo(f"Message {books['notice']} ({books['step']}): {books['snapshot']} = {counts or 0}: books {verdict}{back}")
    if not every:
        click.echo("No message has an audience yet.")


def when(instant: str | None) -> str:
    """An ISO instant as `2026-11-22 13:05Z`: a terminal has no title attribute, so it says UTC itself."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%d %H:%MZ") if instant else "-"


def show_failures(page: Any) -> None:
    """Broken channels first, then a few lines a message."""
    for one in page["broken"]:
        click.echo(f"BROKEN    {plain(one['channel'])}: {plain(one['why'])} ({one['waiting']} wait for it)")
    for one in page["unheard"]:
        about = f" of {one['reference']}" if one["reference"] else ""
        click.echo(f"UNHEARD   no channel has taken a brief{about}; tried {plain(', '.join(one['channels']))}")
    for each in page["messages"]:
        about = f"{each['reference']}, " if each["reference"] else ""
        click.echo(f"Message {each['notice']} ({about}{each['occasion']}, to {each['towards']})")
        for pile in each["piles"]:
            why = f": {plain(pile['why'])}" if pile["why"] else ""
            what = "bounced" if pile["bounced"] else pile["state"]
            click.echo(f"{pile['count']:>10} {what:9} by {plain(', '.join(pile['channels']))}{why}")
    if page["refusals"]:
        what = "address is" if page["refusals"] == 1 else "addresses are"
        click.echo(f"{page['refusals']:>10} {what} written to no more{'; the latest:' if page['refused'] else ''}")
    for one in page["refused"]:
        click.echo(
            f"           {plain(one['channel'])} <{plain(one['address'])}> since {when(one['since'])}: {plain(one['why'])}"
        )
    for one in page["aside"]:
        click.echo(f"SET ASIDE {plain(one['what'])} {one['number']}: {plain(one['why'])}")
    if not any(page[part] for part in ("broken", "unheard", "messages", "refusals", "aside")):
        click.echo("None: nothing is in doubt, given up, refused or held, and nothing bounced.")
    if page["next"] is not None:
        click.echo(f"More: --before {page['next']}")
