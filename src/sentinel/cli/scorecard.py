"""`sentinel scorecard`: how well we estimate. It reads the store, and may run while the hub does."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentinel.cli.hub import REFUSED, USAGE, end, plain
from sentinel.cli.place import config_option, history_of, json_option, place_of

if TYPE_CHECKING:
    from sentinel.estimate.card import Line
    from sentinel.estimate.grade import Score
    from sentinel.serve.scorecard.port import CardPage


def _day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"`{value}` is no day: write it like 2026-11-22") from None


@click.command()
@click.option("--service", default=None, help="Only incidents of this service.")
@click.option("--since", metavar="DAY", callback=_day, default=None, help="Only incidents that began since this day (UTC).")
@click.option("--rehearse", is_flag=True, help="Not what was said: what would have been said of the imported history.")
@config_option
@json_option
def scorecard(service: str | None, since: date | None, rehearse: bool, config: Path, as_json: bool) -> None:
    """Show what was claimed of how long incidents take, and what held: at 0, 30 and 60 minutes, by service and by basis."""
    from sentinel.serve.scorecard.port import CardPage
    from sentinel.store import codec

    if rehearse and since is not None:
        end(USAGE, "since", "A rehearsal is of the latest incidents of the history: leave --since out.", as_json=as_json)
    page = _rehearsed(config, service, as_json) if rehearse else _said(config, service, since, as_json)
    if as_json:
        click.echo(codec.to_text(CardPage, page))
    else:
        _show(page)


def _said(config: Path, service: str | None, since: date | None, as_json: bool) -> "CardPage":
    from sqlalchemy import inspect

    from sentinel.run import scorecard as cards
    from sentinel.store import reading
    from sentinel.store.trouble import StoreTrouble

    place = place_of(config, as_json=as_json)
    try:
        with reading.snapshot(place.store, place.url) as c:
            if not inspect(c).has_table("episode"):
                end(REFUSED, "old_store", "The store is an older version's: run `sentinel migrate` first.", as_json=as_json)
            return cards.page(c, service, since)
    except (reading.NoStore, StoreTrouble) as why:
        end(REFUSED, "no_store", f"{why}.", as_json=as_json)


def _rehearsed(config: Path, service: str | None, as_json: bool) -> "CardPage":
    from sentinel.estimate.past import past
    from sentinel.estimate.rehearse import Experience
    from sentinel.exchange import history
    from sentinel.model.estimate import EstimatePolicy
    from sentinel.run import scorecard as cards
    from sentinel.run.clock import WallClock

    file = history_of(config, as_json=as_json)
    if file is None:
        end(REFUSED, "no_history", f"{config} names no `history:`: import one with `sentinel import history`.", as_json=as_json)
    found, now = history.read(file), WallClock().now()
    for error in found.errors[:20]:
        click.echo(plain(str(error)), err=True)
    if not found.incidents:
        end(REFUSED, "no_history", f"There is no past incident in {file}.", as_json=as_json)
    rows = past(row for row in found.incidents if row.began_at <= now).rows
    return cards.rehearsal(Experience(rows=tuple(row.of for row in rows)), EstimatePolicy(), service)


def _show(page: "CardPage") -> None:
    from sentinel.estimate.card import ENOUGH
    from sentinel.serve.scorecard import words

    card = page.card
    if card.rehearsed:
        click.echo(f"REHEARSAL: what would have been said of the last {card.episodes} incidents of the imported history.\n")
    click.echo(words.verdict(card.whole.marks[0]))
    click.echo(f"{card.episodes} incidents ended, {card.open} open, {card.dismissed} dismissed or never confirmed.")
    if page.damaged:
        click.echo(f"Left out, since what is kept of them is damaged: {', '.join(map(str, page.damaged[:20]))}.")
    click.echo(
        "\nmade               graded  in time (80 %)        half (50 %)  median miss  leans                width  none  late"
    )
    for score in card.whole.marks:
        click.echo(_line(words.mark_words(score.mark), score))
    for title, lines in (("By service", card.services), ("By basis", card.bases)):
        if lines:
            click.echo(f"\n{title}")
        for line in lines:
            _each(line)
    kept = card.whole.promises
    if kept is not None:
        click.echo(
            f"\nTimes given: {kept.kept} kept, {kept.broken} missed ({kept.moved} moved and {kept.held} owned in time), "
            f"{kept.withheld} incidents without."
        )
    known = [point for point in card.reliability if point.graded >= ENOUGH]
    if known:
        click.echo("\nclaimed  held   graded")
    for point in known:
        click.echo(f"{words.percent(point.claimed):>7}  {words.percent(point.held):>5}  {point.graded}")


def _each(line: "Line") -> None:
    from sentinel.serve.scorecard import words

    click.echo(f"  {plain(words.BASES.get(line.name, line.name))}")
    for score in line.marks:
        if score.graded or score.withheld or score.late:
            click.echo(_line(f"  {words.mark_words(score.mark)}", score))


def _line(name: str, score: "Score") -> str:
    from sentinel.serve.clockface import length_words
    from sentinel.serve.scorecard import words

    few = words.is_few(score)
    share = words.FEW if few or score.covered is None else f"{words.percent(score.covered)} ({words.between_words(score)})"
    half = "-" if few or score.covered_half is None else words.percent(score.covered_half)
    miss = "-" if few or score.miss is None else length_words(score.miss)
    width = "-" if few or score.width is None else length_words(score.width)
    lean = "-" if few else words.lean_words(score)
    return (
        f"{name:<18} {score.graded:>6}  {share:<20}  {half:>11}  {miss:>11}  {lean:<16}  {width:>8}"
        f"  {score.withheld:>4}  {score.late:>4}"
    )
