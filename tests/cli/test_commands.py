"""The commands, each against a hub that really listens."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from sentinel.model import command as ask
from sentinel.model.delivery import State
from sentinel.model.incident import Phase
from tests.cli.conftest import Running
from tests.serve import world
from tests.serve.standin_services import CHECK

Sentinel = Callable[..., Result]
FOURTEEN_THIRTY = world.NOW.replace(hour=13, minute=30)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (
            ["declare", "payments.cannot_pay", "--since", "10:00", "--why", "3 calls"],
            ask.Declare(
                service="payments", statement="payments.cannot_pay", began_at=world.NOW - timedelta(minutes=30), why="3 calls"
            ),
        ),
        (["declare", "payments.slow"], ask.Declare(service="payments", statement="payments.slow")),
        (["note", "17", "they roll back"], ask.Note(incident=17, text="they roll back")),
        (
            ["phase", "17", "identified", "--cause", "en=Cable", "--cause", "es=Cable = roto", "--why", "seen"],
            ask.SetPhase(incident=17, phase=Phase.IDENTIFIED, cause={"en": "Cable", "es": "Cable = roto"}, why="seen"),
        ),
        (["eta", "17", "14:30", "--reason", "rollback"], ask.SetEta(incident=17, until=FOURTEEN_THIRTY, reason="rollback")),
        (
            ["eta", "17", "2026-11-22T13:30:00Z", "--reason", "rollback"],
            ask.SetEta(incident=17, until=FOURTEEN_THIRTY, reason="rollback"),
        ),
        (
            ["eta", "17", "14:30", "--reason", "rollback", "--vendor", "Redsys"],
            ask.SetEta(incident=17, until=FOURTEEN_THIRTY, reason="rollback", vendor="Redsys"),
        ),
        (["answer", "17", "4", "holds"], ask.Answer(incident=17, promise=4, answer="holds")),
        (["answer", "17", "4", "unknown"], ask.Answer(incident=17, promise=4, answer="unknown")),
        (["resolve", "17", "--why", "tried"], ask.Resolve(incident=17, why="tried")),
        (["resolve", "17", "--since", "10:30"], ask.Resolve(incident=17, recovered_at=world.NOW)),
        (["dismiss", "17", "--reason", "drill"], ask.Dismiss(incident=17, reason="drill")),
        (["reopen", "17", "--why", "again"], ask.Reopen(incident=17, why="again")),
        (["cancel", "12", "--why", "wrong"], ask.Cancel(notice=12, why="wrong")),
        (["settle", "2", "--arrived", "--why", "rang"], ask.Settle(delivery=2, arrived=True, why="rang")),
        (["settle", "2", "--did-not-arrive"], ask.Settle(delivery=2, arrived=False)),
        (["hold", "on", "--why", "wait"], ask.Hold(on=True, why="wait")),
        (["hold", "off"], ask.Hold(on=False)),
        (["release", "--why", "looked"], ask.Release(why="looked")),
        (
            ["approve", "12", "--count", "184", "--hash", "hash-1", "--desk-knows"],
            ask.Approve(notice=12, hash="hash-1", count=184, desk_knows=True),
        ),
        (
            ["edit", "12", "--language", "en", "--subject", "Back by {until}"],
            ask.EditDraft(notice=12, version=1, language="en", forms={"subject": "Back by {until}"}),
        ),
    ],
)
def test_each_command_asks_the_hub_for_just_that(
    sentinel: Sentinel, running: Running, words: list[str], command: ask.Command
) -> None:
    answer = sentinel(*words)
    assert answer.exit_code == 0, answer.output
    ((asked, who),) = running.hub.asked
    assert asked == command
    assert who.startswith("operator")
    assert json.loads(sentinel("board", "--json").stdout)["zone"] == "Europe/Madrid"


def test_acknowledging_says_done_and_twice_is_refused(sentinel: Sentinel, running: Running) -> None:
    running.hub.page = replace(running.hub.page, incident=replace(running.hub.page.incident, acknowledged_by=None))
    assert sentinel("acknowledge", "17").stdout == "Done. (incident 17)\n"
    running.hub.page = replace(running.hub.page, incident=replace(running.hub.page.incident, acknowledged_by="Lena"))
    again = sentinel("acknowledge", "17")
    assert (again.exit_code, again.stderr) == (1, "Refused: Lena acknowledged incident 17-A already.\n")
    as_json = sentinel("acknowledge", "17", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["error"]["code"]) == (1, "already")


def test_approving_shows_the_draft_and_asks_for_the_number(sentinel: Sentinel, running: Running) -> None:
    answer = sentinel("approve", "12", typed="184\n")
    assert answer.exit_code == 0, answer.output
    for shown in ("Dear Ana Ortiz,", "Estimada Ana Ortiz:", "--- holding, es", "Reading grade 8.4", "Left out: “A payment"):
        assert shown in answer.stdout
    assert "People who will get it: 184 (left out: 12 no_consent, 4 unsubscribed)" in answer.stdout
    assert running.hub.asked[0][0] == ask.Approve(notice=12, hash="hash-1", count=184)


def test_a_wrong_number_approves_nothing(sentinel: Sentinel, running: Running) -> None:
    answer = sentinel("approve", "12", typed="18\n")
    assert answer.exit_code == 1
    assert "You typed 18, but this goes to 184 people." in answer.stderr
    assert running.hub.asked == []


def test_nobody_there_to_type_approves_nothing(sentinel: Sentinel, running: Running) -> None:
    assert sentinel("approve", "12", typed="").exit_code == 2
    assert sentinel("approve", "12", "--count", "184").exit_code == 2
    assert sentinel("approve", "12", "--hash", "hash-1").exit_code == 2
    assert sentinel("approve", "12", "--hash", "old", "--count", "184").exit_code == 1
    assert running.hub.asked == []


def test_with_json_only_json_is_on_stdout(sentinel: Sentinel) -> None:
    answer = sentinel("approve", "12", "--json", typed="184\n")
    assert json.loads(answer.stdout) == {"done": {"incident": None, "notice": 12, "said": "Approved for 184."}}


def test_words_are_read_from_a_file(sentinel: Sentinel, running: Running, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("Dear {name},\nñ\n")
    assert sentinel("edit", "12", "--language", "es", "--text", f"@{tmp_path / 'words.txt'}").exit_code == 0
    command = running.hub.asked[0][0]
    assert isinstance(command, ask.EditDraft)
    assert command.forms == {"text": "Dear {name},\nñ"}
    assert sentinel("edit", "12", "--language", "es", "--text", "@/nowhere").exit_code == 2
    assert sentinel("edit", "12", "--language", "es").exit_code == 2


def test_the_board_names_the_next_command_to_type(sentinel: Sentinel) -> None:
    out = sentinel("board").stdout
    assert "down     payments.card-form since 2026-11-22 09:05Z: connection refused" in out
    assert "waits for approval: sentinel approve 12" in out
    assert "promise is due: sentinel answer 17 4 holds|unknown" in out


def test_the_views_are_laid_out_and_given_as_json(sentinel: Sentinel, running: Running) -> None:
    assert "To callers now: Sorry, online payment has been down" in sentinel("incident", "17").stdout
    assert "Ana Ortiz 2 <ana2@example.org>" in sentinel("deliveries", "11", "--state", "in_doubt").stdout
    assert "More: --after 1" in sentinel("deliveries", "11", "--limit", "1").stdout
    assert "None." in sentinel("deliveries", "11", "--state", "dead").stdout
    assert "books balance" in sentinel("books").stdout
    assert "the whole          90.000 %    80 ms   200 ms   240 ms  20, 2 down" in sentinel("history", CHECK).stdout
    assert sentinel("history", "none/such").exit_code == 1
    assert sentinel("report").stdout == "17-A  Online payments  kept\n"
    assert json.loads(sentinel("report", "--json").stdout)["incidents"][0]["reference"] == "17-A"
    for words in (["incident", "17"], ["deliveries", "11"], ["books"], ["hold", "status"]):
        assert json.loads(sentinel(*words, "--json").stdout)
    assert sentinel("hold", "status").stdout == "Not on hold.\n"
    running.hub.held = replace(running.hub.held, on=True, by="Lena", why="wait", release_needed=True)
    assert "On hold by Lena: wait." in sentinel("hold", "status").stdout
    assert "sentinel release" in sentinel("hold", "status").stdout


def test_what_is_not_there_is_refused_with_exit_code_1(sentinel: Sentinel) -> None:
    for words in (["incident", "18"], ["deliveries", "9"], ["approve", "9"], ["note", "18", "x"], ["settle", "1", "--arrived"]):
        assert sentinel(*words).exit_code == 1, words


def test_wrong_usage_is_exit_code_2(sentinel: Sentinel, running: Running) -> None:
    for words in (
        ["explode"], ["incident"], ["incident", "x"], ["incident", "0"], ["phase", "17", "over"], ["eta", "17", "14:30"],
        ["eta", "17", "soon", "--reason", "x"], ["hold", "maybe"], ["settle", "2"], ["answer", "17", "4", "perhaps"],
        ["phase", "17", "identified", "--cause", "Cable"], ["deliveries", "11", "--limit", "501"],
    ):  # fmt: skip
        assert sentinel(*words).exit_code == 2, words
    assert running.hub.asked == []


def test_a_terminal_is_not_steered_by_what_others_wrote(sentinel: Sentinel, running: Running) -> None:
    running.hub.mark = "\x1b[2J\u202e"
    running.hub.page = world.page(running.hub.mark)
    running.hub.ledger = {1: world.delivery(1, State.ACCEPTED, running.hub.mark)}
    running.hub.notices = {12: world.waiting(running.hub.mark), 11: world.sent(running.hub.mark)}
    for words in (["board"], ["incident", "17"], ["deliveries", "11"], ["approve", "12"]):
        out = sentinel(*words, typed="184\n").output
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_a_broken_hub_is_exit_code_4(sentinel: Sentinel, running: Running) -> None:
    running.hub.broken = True
    answer = sentinel("note", "17", "x")
    assert answer.exit_code == 4
    assert "may or may not have been carried out" in answer.stderr
