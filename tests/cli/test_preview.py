"""`sentinel preview`: every occasion, language and form of the worked example, from the files alone and always the same."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.demo.services import CUSTOMERS_USE
from sentinel.demo.world import write_world
from sentinel.notify.facts import CUSTOMER_OCCASIONS, WHERE_ASKED
from sentinel.notify.parts import FORMS

OCCASIONS = set(CUSTOMER_OCCASIONS) - WHERE_ASKED


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    services = (*CUSTOMERS_USE, "ledger")
    made = write_world(
        tmp_path,
        smtp_port=9,
        slack_url="http://127.0.0.1:9/api/",
        listen="127.0.0.1:8099",
        urls=dict.fromkeys(services, "http://127.0.0.1:9"),
    )
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def preview(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["preview", *words, "--config", str(folder / "sentinel.yaml")], catch_exceptions=False)


def test_every_occasion_is_shown_in_every_language_and_form_with_its_slots_filled(folder: Path) -> None:
    done = preview(folder, "payments", "--json")
    shown = json.loads(done.output)
    assert {(one["occasion"], one["language"]) for one in shown} == {
        (occasion.value, language) for occasion in OCCASIONS for language in ("en", "es")
    }
    assert {one["statement"] for one in shown} == {"payments.cannot_pay", "payments.no_confirmation", "payments.slow"}
    for one in shown:
        assert set(one["forms"]) == set(FORMS)
        for text in one["forms"].values():
            assert text.strip()
            assert not re.search(r"[{}]", text), text


def test_the_worked_example_is_never_blocked(folder: Path) -> None:
    for service in CUSTOMERS_USE:
        assert preview(folder, service, "--json").exit_code == 0


def test_it_says_the_same_each_time(folder: Path) -> None:
    assert preview(folder, "payments", "--json").output == preview(folder, "payments", "--json").output


def test_the_sample_night_is_told_in_the_readers_time(folder: Path) -> None:
    done = preview(folder, "payments", "--statement", "cannot_pay", "--language", "en", "--form", "subject")
    assert "Online payments are not working: we expect it back by 14:30" in " ".join(done.output.split())
    assert "short" not in done.output


def test_what_the_plain_words_check_finds_stands_beside_the_message(folder: Path) -> None:
    file = folder / "templates/statements/payments.yaml"
    file.write_text(file.read_text().replace("You cannot pay on our website at the moment.", "We have technical difficulties."))
    done = preview(folder, "payments", "--occasion", "opened", "--language", "en")
    said = " ".join(done.output.replace("│", " ").split())
    assert "technical difficulties" in said
    found = json.loads(preview(folder, "payments", "--occasion", "opened", "--json").output)
    assert any("technical difficulties" in finding["what"] for one in found for finding in one["findings"])


def test_pages_hold_everything_escaped_and_load_nothing(folder: Path, tmp_path: Path) -> None:
    file = folder / "templates/statements/payments.yaml"
    file.write_text(file.read_text().replace("You cannot pay on", "You cannot <b>pay</b> on"))
    done = preview(folder, "payments", "--html", str(tmp_path / "review"))
    assert {path.name for path in (tmp_path / "review").iterdir()} == {"index.html", "payments.en.html", "payments.es.html"}
    page = (tmp_path / "review/payments.en.html").read_text()
    assert "You cannot &lt;b&gt;pay" in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert all(occasion.value in page for occasion in OCCASIONS)
    assert "payments.en.html" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("paymets",), "There is no service paymets. There are: "),
        (("ledger",), "ledger never tells customers"),
        (("payments", "--statement", "gone"), "There are: cannot_pay, no_confirmation, slow."),
        (("payments", "--language", "fr"), "fr is not one of the languages: en, es."),
    ],
)
def test_what_is_not_there_is_said(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = preview(folder, *words)
    assert done.exit_code == 1
    assert said in done.stderr


def test_files_that_are_not_valid_show_nothing(folder: Path) -> None:
    (folder / "checks/payments.yaml").write_text("service: [")
    done = preview(folder, "payments")
    assert done.exit_code == 2
    assert "checks/payments.yaml:" in done.output
