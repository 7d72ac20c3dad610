"""Drafts: reviewed template files and the facts made into bodies, in every language, with their seal.

The one module that knows jinja2. The environment is handed in; only parsed template *files* reach it, through an allow-list of
nodes, names and filters. Text typed into a page never does (edit.py).
"""

import re
from collections.abc import Iterator, Sequence

import jinja2
from jinja2 import nodes

from sentinel.model.notice import Body, Draft, Finding, Occasion
from sentinel.notify.facts import FULL, Facts, closing_facts, holding_facts, left_out, quoted
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.material import Variables, missing_words
from sentinel.notify.parts import audit
from sentinel.notify.plain import check
from sentinel.notify.seal import seal
from sentinel.notify.template import Render, RenderFailed, Templates, render

NODES = frozenset({
    "Template", "Output", "TemplateData", "Name", "Const", "If", "CondExpr", "Compare", "Operand", "And", "Or", "Not", "Filter",
})  # fmt: skip
"""What a template may be made of: output, conditions, comparison. No loop, call, attribute, index or arithmetic."""
FILTERS = frozenset({"trim"})
LONGEST_OUTPUT = 8_000
"""Characters that one section may render to."""
_TAG_LINE = re.compile(r"^([ \t]*\{%(?:(?!%\})[^\n])*)(%\})[ \t]*\n", re.MULTILINE)
"""A line that holds one tag and nothing else leaves no line behind. Its line break is moved into the tag, so that lines count
on; jinja's own `trim_blocks` would also join the words around a tag at the end of a line."""


class JinjaEngine:
    """The engine of template.py on a jinja2 environment. Strict about undefined names; never escapes (texts are no markup)."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment.overlay(
            block_start_string="{%", block_end_string="%}", variable_start_string="{{", variable_end_string="}}",
            comment_start_string="{#", comment_end_string="#}", line_statement_prefix=None, line_comment_prefix=None,
            trim_blocks=False, lstrip_blocks=False, undefined=jinja2.StrictUndefined, autoescape=False,
        )  # fmt: skip

    def build(self, source: str, names: frozenset[str]) -> tuple[Render | None, Sequence[tuple[int, str]]]:
        """See template.Engine."""
        try:
            parsed = self._environment.parse(_TAG_LINE.sub(r"\1\n\2", source))
        except jinja2.TemplateSyntaxError as wrong:
            return None, [(wrong.lineno, f"the template cannot be read: {wrong.message}")]
        faults = sorted(set(_faults(parsed, names)))
        if faults:
            return None, faults
        template = self._environment.from_string(parsed)

        def run(variables: Variables) -> str:
            return _capped(template, variables)

        return run, []


def _faults(parsed: nodes.Template, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in parsed.find_all(nodes.Node):
        kind = type(node).__name__
        if kind not in NODES:
            yield node.lineno or 1, f"“{kind}” is not allowed in a template: only output and conditions are"
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield node.lineno or 1, f"unknown filter “{node.name}”; there is {', '.join(sorted(FILTERS))}"
        elif isinstance(node, nodes.Name) and node.name not in names:
            yield node.lineno or 1, f"unknown name “{node.name}” here; there are {', '.join(sorted(names))}"


def _capped(template: jinja2.Template, variables: Variables) -> str:
    pieces, length = [], 0
    try:
        for piece in template.generate(dict(variables)):
            length += len(piece)
            if length > LONGEST_OUTPUT:
                raise RenderFailed(f"renders to more than {LONGEST_OUTPUT} characters")
            pieces.append(piece)
    except jinja2.TemplateError as wrong:
        raise RenderFailed(f"cannot be rendered: {wrong.message}") from wrong
    return "".join(pieces)


def compose(templates: Templates, facts: Facts, language: str) -> Body:
    """The standard wording of an occasion in one language, slots named. KeyError for a language without templates."""
    return render(templates.sheets[facts.occasion, language], facts, language)


def draft(
    notice_id: int, version: int, templates: Templates, facts: Facts, languages: Sequence[str], lexicon: Lexicon
) -> Draft:
    """The standard draft: a body in each language; beside an opening its holding and closing bodies; findings; the seal.

    `languages[0]` is the desk's, in which `left_out` quotes. A finding that blocks must be mended before approval.
    """
    return assemble(
        notice_id, version, templates, facts, tuple(compose(templates, facts, language) for language in languages), lexicon
    )


def assemble(
    notice_id: int, version: int, templates: Templates, facts: Facts, bodies: tuple[Body, ...], lexicon: Lexicon,
    *, edited: tuple[str, ...] = (), fell_back: tuple[str, ...] = (),
) -> Draft:  # fmt: skip
    """A draft of these bodies, whoever wrote them, checked and sealed."""
    languages = tuple(body.language for body in bodies)
    found = list(missing_words(facts, languages)) + list(judge(bodies, facts, templates, lexicon))
    companions: dict[Occasion, tuple[Body, ...]] = {}
    if facts.occasion in FULL:
        for beside in (holding_facts(facts), closing_facts(facts)):
            companions[beside.occasion] = tuple(compose(templates, beside, language) for language in languages)
            prefix = f"{beside.occasion.value}."
            found += missing_words(beside, languages)
            found += judge(companions[beside.occasion], beside, templates, lexicon, prefix=prefix)
    holding, closing = companions.get(Occasion.HOLDING, ()), companions.get(Occasion.CLOSED, ())
    quotes = quoted(facts)
    return Draft(
        notice=notice_id, version=version, bodies=bodies, quoted=quotes, hash=seal(bodies, holding, closing, quotes),
        holding=holding, closing=closing, edited=edited, fell_back=fell_back, findings=tuple(dict.fromkeys(found)),
        left_out=left_out(facts, languages[0]) if languages else (),
    )  # fmt: skip


def judge(
    bodies: Sequence[Body], facts: Facts, templates: Templates, lexicon: Lexicon, *, prefix: str = ""
) -> Iterator[Finding]:
    """Every finding on these bodies: parts, claims, plain words. `prefix` goes before the form's name ("holding.")."""
    for body in bodies:
        fixed = templates.fixed.get((facts.occasion, body.language), frozenset())
        for finding in (*audit(body, facts, lexicon, fixed), *check(body, facts)):
            yield Finding(language=finding.language, form=prefix + finding.form, what=finding.what, blocks=finding.blocks)
