"""T3: no engine and no format ever runs on what somebody typed: each payload is refused when it is read, or is text."""

from dataclasses import replace

import pytest

from sentinel.model.command import Refused
from sentinel.model.notice import Occasion
from sentinel.notify.draft import compose, draft
from sentinel.notify.edit import edit
from sentinel.notify.html import html
from sentinel.notify.material import NAMES
from sentinel.notify.slots import clean_name, fill, preview, values
from sentinel.notify.template import TemplateProblems, compile_templates

from .world import LANGUAGES, LEXICON, ZONE, engine, facts, template_files, templates

PATH = "templates/customers/opened.en"
ENGINE = (
    # jinja2 and its relatives: expressions, attributes, calls, statements
    "{{ 7*7 }}",
    "{{7*'7'}}",
    "{{ config }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ titles.__class__ }}",
    "{{ titles['__class__'] }}",
    "{{ titles|attr('__class__') }}",
    "{{ titles|map(attribute='__class__')|list }}",
    "{{ titles|format(1) }}",
    "{{ '%s'|format(titles) }}",
    "{{ '{0.__class__}'.format(titles) }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner }}",
    "{{ namespace() }}",
    "{{ range(10**9)|list }}",
    "{{ request.application }}",
    "{{ url_for.__globals__ }}",
    "{{ titles ~ titles }}",
    "{{ 'x' * 10**9 }}",
    "{{ [1,2,3] }}",
    "{{ {'a': 1}['a'] }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{% set x = 1 %}{{ x }}",
    "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'base' %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% raw %}{{ 7*7 }}{% endraw %}{{ nothing }}",
    "{% autoescape true %}x{% endautoescape %}",
    "{% with a=1 %}{{ a }}{% endwith %}",
    "{% do titles %}",
    "{% debug %}",
    "{{ titles if titles.__class__ else 1 }}",
    "{{ titles[:1] }}",
    "{{ titles() }}",
)
"""What an engine would run: a template file that holds one is refused, with its line."""
FORMATS = (
    "{0}",
    "{}",
    "{name!r}",
    "{name:>9999999}",
    "{name.__class__}",
    "{name[0]}",
    "{self}",
    "{__class__}",
    "{name.__init__.__globals__}",
    "{reference.__class__.__mro__}",
    "{until!s:.1}",
    "{{name}}",
    "{ name }",
    "{name}{",
    "${name.__class__}",
    "#{7*7}",
    "%(name)s",
    "%s%n",
    "<%= 7*7 %>",
    "[[7*7]]",
    "*{7*7}",
    "@(7*7)",
    "`7*7`",
    "$(id)",
    "\\{name\\}",
)
"""What other engines and Python's own formats would make something of."""
ALL = (*ENGINE, *FORMATS)
GIVEN = facts()
BODY = compose(templates(), GIVEN, "en")
BEFORE = draft(7, 1, templates(), GIVEN, LANGUAGES, LEXICON)


def test_there_are_enough_of_them() -> None:
    assert len(set(ALL)) == len(ALL) >= 60


@pytest.mark.parametrize("payload", ENGINE)
def test_code_in_a_template_is_refused_when_it_is_read(payload: str) -> None:
    made, faults = engine().build(f"We are sorry.\n{payload}", NAMES[Occasion.OPENED])
    assert made is None
    assert faults
    assert all(line in (1, 2) for line, _ in faults)


@pytest.mark.parametrize("payload", [ENGINE[0], ENGINE[5], "{% autoescape true %}x{% endautoescape %}"])
def test_a_template_file_with_code_is_refused_at_load(payload: str) -> None:
    files = tuple(
        replace(file, text=file.text.replace("== short ==", f"== short ==\n{payload}", 1)) if file.path == PATH else file
        for file in template_files()
    )
    with pytest.raises(TemplateProblems) as refused:
        compile_templates(files, engine(), LANGUAGES)
    assert any(str(problem).startswith(f"{PATH}:") for problem in refused.value.problems)


@pytest.mark.parametrize("payload", ALL)
@pytest.mark.parametrize("form", ["subject", "text"])
def test_what_is_typed_into_a_page_is_refused_or_stays_as_it_is(payload: str, form: str) -> None:
    typed = f"{getattr(BODY, form)} {payload}"
    made = edit(BEFORE, "en", {form: typed}, templates(), GIVEN, LEXICON)
    if isinstance(made, Refused):
        return
    kept = getattr(made.bodies[0], form)
    assert payload.replace("{name}", "") in kept.replace("{name}", "") or " ".join(payload.split()) in kept
    shown = preview(kept, values(GIVEN, "en", ZONE, "Ana"))
    assert "49" not in shown.replace(typed, "")
    assert "class 'str'" not in shown


@pytest.mark.parametrize("payload", ALL)
def test_a_value_that_looks_like_code_is_filled_in_as_text_once(payload: str) -> None:
    """A customer's name, a cause, a reference: no second pass looks at what was filled in."""
    said = {"name": payload, "reference": payload, "until": "14:30"}
    assert fill("Dear {name}, {until}. Ref {reference}", said) == f"Dear {payload}, 14:30. Ref {payload}"
    assert "<" not in html(fill("{name}", said)).removeprefix("<p>").removesuffix("</p>").replace("<br>", "")


@pytest.mark.parametrize("payload", ALL)
def test_a_name_of_the_directory_reaches_the_text_as_it_is(payload: str) -> None:
    assert values(GIVEN, "en", ZONE, payload)["name"] == clean_name(payload)


@pytest.mark.parametrize("payload", ALL)
def test_a_fact_that_looks_like_code_is_text_in_a_rendered_template(payload: str) -> None:
    """A service's title and the cause come from files and people: the engine prints them and never reads them."""
    body = compose(templates(), facts(titles={"payments": {"en": payload, "es": payload}}), "en")
    assert "49" not in body.subject
    assert "class '" not in f"{body.subject}{body.text}"
