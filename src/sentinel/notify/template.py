"""Template files: templates/customers/<occasion>.<language>, cut into sections and checked at load.

    == subject ==
    {{ headline }}: {% if timed %}we expect it back by {until}{% else %}we cannot say yet until when{% endif %}
    == short ==
    ...

`{{ ... }}` and `{% if %}` are the engine's and decide the structure; `{until}` and its like are slots, filled for each reader.
Belongs here: sections, the checked set, every error as file:line. Does not belong here: the engine (draft.py).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sentinel.model.installation import TemplateFile
from sentinel.model.notice import Body, Occasion
from sentinel.notify import sample
from sentinel.notify.claims import ground, what_is_left
from sentinel.notify.facts import CUSTOMER_OCCASIONS, WHERE_ASKED, Facts
from sentinel.notify.language import NoLanguage, tongue
from sentinel.notify.lexicon import same_phrase
from sentinel.notify.material import NAMES, Variables, sentences, tidy, variables
from sentinel.notify.parts import FORMS, audit
from sentinel.notify.plain import BOUNDS
from sentinel.notify.slots import bad_slots

LONGEST_SOURCE = 20_000
"""Characters of one template file."""
_HEADING = re.compile(r"==\s*([^=]*?)\s*==\s*")

Render: TypeAlias = Callable[[Variables], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing wrong with a template file; `line` counts from 1."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class TemplateProblems(ValueError):
    """All that is wrong with the templates, raised once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class RenderFailed(ValueError):
    """A section could not be rendered, or its output is over the cap."""


class Engine(Protocol):
    """What turns a section into a function; draft.py has the one there is."""

    def build(self, source: str, names: frozenset[str]) -> tuple[Render | None, Sequence[tuple[int, str]]]:
        """(the function, or None; each fault as (line of the section, what)). The function raises RenderFailed."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of a file: its form, its text and the line on which the text begins."""

    form: str
    line: int
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One checked template file: form → function."""

    path: str
    forms: Mapping[str, Render]


@dataclass(frozen=True, kw_only=True, slots=True)
class Templates:
    """All checked templates. `fixed`: (occasion, language) → the sentences that the templates themselves hold."""

    sheets: Mapping[tuple[Occasion, str], Sheet]
    fixed: Mapping[tuple[Occasion, str], frozenset[str]]
    languages: tuple[str, ...]


def compile_templates(files: Iterable[TemplateFile], engine: Engine, languages: Sequence[str]) -> Templates:
    """Checks every file: sections, names, slots, and its output with sample data by the table of parts.

    Every occasion must be there in every language, but for those that only some installations need (config/folder.py knows
    which do). Raises TemplateProblems with all that is wrong.
    """
    problems: list[Problem] = []
    sheets: dict[tuple[Occasion, str], Sheet] = {}
    fixed: dict[tuple[Occasion, str], frozenset[str]] = {}
    folder = "templates/customers"
    for file in files:
        folder = file.path.rpartition("/")[0] or folder
        found = _check_file(file, engine, languages)
        problems += found.problems
        if found.sheet is not None and found.occasion is not None:
            sheets[found.occasion, file.language] = found.sheet
            fixed[found.occasion, file.language] = found.fixed
    named = {(problem.path) for problem in problems}
    for occasion in (each for each in CUSTOMER_OCCASIONS if each not in WHERE_ASKED):
        for language in languages:
            path = f"{folder}/{occasion.value}.{language}"
            if (occasion, language) not in sheets and path not in named:
                problems.append(Problem(path=path, line=1, what="missing: every occasion is needed in every language"))
    if problems:
        raise TemplateProblems(problems)
    return Templates(sheets=sheets, fixed=fixed, languages=tuple(languages))


def render(sheet: Sheet, facts: Facts, language: str) -> Body:
    """The body of one occasion in one language, slots still named. Raises RenderFailed.

    A short form over its bound is made again as if several statements were in force: a long sentence of one statement must not
    stop a message at night.
    """
    seen = variables(facts, language)
    done = {form: tidy_form(form, make(seen)) for form, make in sheet.forms.items()}
    if len(done["short"]) > BOUNDS["short"]:
        done["short"] = tidy_form("short", sheet.forms["short"]({**seen, "several": True}))
    return Body(language=language, **done)


def tidy_form(form: str, text: str) -> str:
    """One line for subject, short and voice; paragraphs of one line each, parted by a blank line, for text and page."""
    if form not in ("text", "page"):
        return tidy(text)
    paragraphs = (tidy(piece) for piece in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def cut(file: TemplateFile) -> tuple[tuple[Section, ...], tuple[Problem, ...]]:
    """The sections of a file, and what is wrong with its headings."""
    sections: list[Section] = []
    problems: list[Problem] = []
    lines = file.text.splitlines()
    heads = [(number, found.group(1)) for number, line in enumerate(lines, start=1) if (found := _HEADING.fullmatch(line))]
    before = "\n".join(lines[: heads[0][0] - 1] if heads else lines)
    if re.sub(r"\{#.*?#\}", "", before, flags=re.DOTALL).strip():
        problems.append(Problem(path=file.path, line=1, what="text before the first section, such as “== subject ==”"))
    for index, (number, form) in enumerate(heads):
        end = heads[index + 1][0] - 1 if index + 1 < len(heads) else len(lines)
        if form not in FORMS:
            what = f"unknown section “{form}”; there are {', '.join(FORMS)}"
            problems.append(Problem(path=file.path, line=number, what=what))
        elif any(section.form == form for section in sections):
            problems.append(Problem(path=file.path, line=number, what=f"section “{form}” stands here twice"))
        else:
            sections.append(Section(form=form, line=number + 1, source="\n".join(lines[number:end])))
    there = {section.form for section in sections}
    last = max(1, len(lines))
    problems += [Problem(path=file.path, line=last, what=f"section “{form}” is missing") for form in FORMS if form not in there]
    return tuple(sections), tuple(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Checked:
    problems: tuple[Problem, ...]
    occasion: Occasion | None = None
    sheet: Sheet | None = None
    fixed: frozenset[str] = frozenset()


def _check_file(file: TemplateFile, engine: Engine, languages: Sequence[str]) -> _Checked:
    occasion = next((known for known in CUSTOMER_OCCASIONS if known.value == file.occasion), None)
    if occasion is None:
        known = ", ".join(known.value for known in CUSTOMER_OCCASIONS)
        return _refused(file, f"unknown occasion “{file.occasion}”; there are {known}")
    if file.language not in languages:
        return _refused(file, f"language “{file.language}” is not one of the installation's ({', '.join(languages)})")
    if len(file.text) > LONGEST_SOURCE:
        return _refused(file, f"longer than {LONGEST_SOURCE} characters")
    try:
        tongue(file.language)
    except NoLanguage as missing:
        return _refused(file, str(missing.args[0]))
    sections, problems = cut(file)
    forms, more = _build(file, occasion, sections, engine)
    if problems or more:
        return _Checked(problems=(*problems, *more))
    sheet = Sheet(path=file.path, forms=forms)
    trials, fixed = _try(sheet, occasion, file, {section.form: section.line for section in sections})
    return _Checked(problems=trials, occasion=occasion, sheet=None if trials else sheet, fixed=fixed)


def _refused(file: TemplateFile, what: str) -> _Checked:
    return _Checked(problems=(Problem(path=file.path, line=1, what=what),))


def _build(
    file: TemplateFile, occasion: Occasion, sections: Iterable[Section], engine: Engine
) -> tuple[Mapping[str, Render], tuple[Problem, ...]]:
    forms: dict[str, Render] = {}
    problems: list[Problem] = []
    for section in sections:
        made, faults = engine.build(section.source, NAMES[occasion])
        problems += [Problem(path=file.path, line=section.line + line - 1, what=what) for line, what in faults]
        for number, line in enumerate(_without_tags(section.source).split("\n")):
            at = section.line + number
            problems += [Problem(path=file.path, line=at, what=str(bad)) for bad in bad_slots(line, occasion)]
        if made is not None:
            forms[section.form] = made
    return forms, tuple(problems)


def _without_tags(source: str) -> str:
    """The source with the engine's own braces blanked out, line by line."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", lambda tag: "\n" * tag.group().count("\n"), source, flags=re.DOTALL)


def _try(
    sheet: Sheet, occasion: Occasion, file: TemplateFile, lines: Mapping[str, int]
) -> tuple[tuple[Problem, ...], frozenset[str]]:
    """Renders a file with sample data of every shape, and audits what comes out."""
    problems: dict[Problem, None] = {}
    fixed: set[str] = set()
    for facts in sample.shapes(occasion):
        try:
            body = render(sheet, facts, file.language)
        except RenderFailed as failed:
            return (Problem(path=file.path, line=min(lines.values()), what=str(failed)),), frozenset()
        for finding in audit(body, facts, sample.LEXICON):
            if finding.blocks:
                problems.setdefault(Problem(path=file.path, line=lines[finding.form], what=f"{finding.form}: {finding.what}"))
        fixed |= _fixed(body, facts, file.language)
    return tuple(problems), frozenset(fixed)


def _fixed(body: Body, facts: Facts, language: str) -> set[str]:
    """The sentences of a sample body, with all that is the sample's hidden behind marks."""
    by = ground(facts, language, sample.LEXICON)
    return {same_phrase(piece) for form in FORMS for piece in sentences(what_is_left(getattr(body, form), by))}
