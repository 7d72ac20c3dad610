"""Template files are checked whole at load, and every error has its file and line."""

from dataclasses import replace

import pytest

from sentinel.model.installation import TemplateFile
from sentinel.model.notice import Occasion
from sentinel.notify.template import TemplateProblems, compile_templates, tidy_form

from .world import LANGUAGES, engine, template_files, templates

PATH = "templates/customers/opened.en"


def _problems(files: tuple[TemplateFile, ...], languages: tuple[str, ...] = LANGUAGES) -> list[str]:
    with pytest.raises(TemplateProblems) as raised:
        compile_templates(files, engine(), languages)
    return [str(problem) for problem in raised.value.problems]


def _with(old: str, new: str, path: str = PATH) -> tuple[TemplateFile, ...]:
    files = template_files()
    assert any(old in file.text for file in files if file.path == path)
    return tuple(replace(file, text=file.text.replace(old, new, 1)) if file.path == path else file for file in files)


def _line_of(old: str) -> int:
    text = next(file.text for file in template_files() if file.path == PATH)
    return text[: text.index(old)].count("\n") + 1


def test_the_example_compiles_in_every_language_for_every_occasion() -> None:
    assert len(templates().sheets) == 8 * len(LANGUAGES)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("{{ headline }}", "{{ headlin }}", "unknown name “headlin”"),
        ("{{ titles }}", "{{ titles|attr('x') }}", "unknown filter “attr”"),
        ("{{ titles }}", "{{ titles.__class__ }}", "“Getattr” is not allowed"),
        ("{{ titles }}", "{{ titles[0] }}", "“Getitem” is not allowed"),
        ("{{ titles }}", "{{ 'a' * 99999 }}", "“Mul” is not allowed"),
        ("{{ titles }}", "{{ titles() }}", "“Call” is not allowed"),
        ("{{ titles }}", "{% for x in titles %}{{ x }}{% endfor %}", "“For” is not allowed"),
        ("{{ titles }}", "{% set x = 1 %}", "“Assign” is not allowed"),
        ("{{ titles }}", "{% include 'x' %}", "“Include” is not allowed"),
        ("{{ titles }}", "{% if %}", "cannot be read"),
        ("{reference}", "{referense}", "{referense} is no slot; did you mean {reference}?"),
        ("{reference}", "{until_was}", "{until_was} has no place in a message of occasion opened"),
        ("== short ==", "== shot ==", "unknown section “shot”"),
        ("== page ==", "== text ==", "section “text” stands here twice"),
    ],
)  # fmt: skip
def test_an_error_is_named_with_its_file_and_line(old: str, new: str, what: str) -> None:
    found = _problems(_with(old, new))
    assert any(line.startswith(f"{PATH}:{_line_of(old)}: ") and what in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("and we are sorry.", "and that is that.", "the apology is missing"),
        ("It began {since}", "It began", "since when is missing"),
        ("{{ assurances }} {{ do }} {{ do_not }}", "{{ assurances }} {{ do }}", "left out: “Sample1 donot"),
        ("Can it not wait?", "Your cover is not affected.", "is in no current assurance"),
        ("Can it not wait?", "It will be back within the hour.", "promises a return"),
        ("\nWe expect it back by {until}.", "\nWe do our best.", "until when is missing"),
    ],
)  # fmt: skip
def test_a_template_that_breaks_the_table_or_claims_something_is_refused_at_load(old: str, new: str, what: str) -> None:
    assert any(line.startswith(PATH) and what in line for line in _problems(_with(old, new)))


def test_all_errors_of_all_files_are_listed_at_once() -> None:
    files = tuple(replace(file, text=file.text.replace("{reference}", "{ref}")) for file in template_files())
    found = _problems(files)
    assert {line.split(":")[0] for line in found} == {file.path for file in files}


def test_a_missing_occasion_or_language_is_an_error() -> None:
    files = tuple(file for file in template_files() if file.path != "templates/customers/closed.es")
    assert _problems(files) == ["templates/customers/closed.es:1: missing: every occasion is needed in every language"]
    assert any("closed.de" in line for line in _problems(template_files(), ("en", "es", "de")))


def test_a_language_without_tables_an_unknown_occasion_and_an_unwanted_language_are_errors() -> None:
    files = template_files()
    german = replace(files[0], path="templates/customers/opened.de", language="de")
    odd = replace(files[0], path="templates/customers/party.en", occasion="party")
    assert any("no table" in line for line in _problems((*files, german), ("en", "es", "de")))
    assert any("unknown occasion “party”" in line for line in _problems((*files, odd)))
    assert any("not one of the installation's" in line for line in _problems((*files, german)))


def test_an_endless_file_and_stray_text_are_refused() -> None:
    files = template_files()
    assert any("longer than" in line for line in _problems((replace(files[0], text="x" * 30_000), *files[1:])))
    assert any("before the first section" in line for line in _problems(_with("== subject ==", "hello\n== subject ==")))


def test_sentences_of_the_templates_are_known() -> None:
    assert "can it not wait?" in templates().fixed[Occasion.OPENED, "en"]


def test_paragraphs_are_tidied() -> None:
    assert tidy_form("text", "a\n b \n\n\n \n c ") == "a b\n\nc"
    assert tidy_form("subject", "a\n b \n\n c ") == "a b c"
