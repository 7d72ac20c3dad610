"""The list of commands: lazy, and documented whole."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sentinel.cli.main import COMMANDS, SECTIONS, main

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"


def section(name: str) -> str:
    """The part of the page about one command."""
    found = re.search(rf"^### `sentinel {name}[^\n]*\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/commands.md says nothing of {name}"
    return found[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    text = section(name)
    command = main.get_command(click.Context(main), name)
    assert command
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert f"`{option}" in text or option in ("--config", "--hub", "--json"), f"{name}: {option}"
        else:
            assert parameter.human_readable_name in text, f"{name}: {parameter.name}"


def test_the_page_names_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"^### `sentinel ([a-z-]+)", PAGE.read_text(), re.MULTILINE)) == set(COMMANDS)


def test_the_page_names_the_common_options_and_exit_codes() -> None:
    text = PAGE.read_text()
    for word in ("`--config`", "`--hub`", "`--json`", "| 0 |", "| 1 |", "| 2 |", "| 3 |", "| 4 |"):
        assert word in text


def test_the_list_is_shown_without_importing_what_is_slow() -> None:
    heavy = "{'fastapi', 'sqlalchemy', 'httpx', 'uvicorn', 'starlette', 'pydantic'}"
    code = (
        "import sys; from click.testing import CliRunner; from sentinel.cli.main import main; "
        "from sentinel.cli import act, draft, read, serve; "
        "print(CliRunner().invoke(main, ['--help']).output); "
        f"print('HEAVY', sorted({heavy} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "HEAVY []" in out
    for name, (_, says) in COMMANDS.items():
        assert name in out
        assert says.split()[0] in out


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["explode"]).exit_code == 2


def test_a_slip_of_the_hand_is_answered_with_the_command_that_was_meant() -> None:
    said = CliRunner().invoke(main, ["chek", "payments.card-form"])
    assert said.exit_code == 2
    assert "No such command 'chek'. Did you mean 'check'?" in said.output


def test_every_command_stands_in_one_section_of_the_list() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    listed = [
        line.split()[0]
        for line in said.partition("Set up and run:")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert listed == list(COMMANDS)
    assert set(SECTIONS) <= set(COMMANDS)


def test_a_day_that_is_none_is_told_how_to_write_one() -> None:
    said = CliRunner().invoke(main, ["scorecard", "--since", "yesterday"])
    assert said.exit_code == 2
    assert "`yesterday` is no day: write it like 2026-11-22" in said.output


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("sentinel, version ")


@pytest.mark.parametrize("name", ["board", "approve", "eta", "hold", "settle", "serve"])
def test_help_of_a_command_needs_no_hub(name: str) -> None:
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
