"""Edits: a person's own wording for one language. Plain text with the closed list of slots; no engine ever runs on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from sentinel.model.command import Refused
from sentinel.model.notice import Draft
from sentinel.notify.claims import Ground, bears_typed, ground
from sentinel.notify.draft import assemble, compose
from sentinel.notify.facts import Facts
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.parts import FORMS
from sentinel.notify.plain import BOUNDS, SAMPLE_NAME, VOICE_WORDS, words_spoken
from sentinel.notify.slots import SLOTS, bad_slots, fill, values
from sentinel.notify.template import Templates, tidy_form
from sentinel.notify.typed import hidden_marks


def edit(
    draft: Draft, language: str, forms: Mapping[str, str], templates: Templates, facts: Facts, lexicon: Lexicon
) -> Draft | Refused:
    """`draft` with `forms` (form → text) as the wording of `language`; other forms of it stay as they are.

    Every language that no person has edited falls back to its standard text, and is named in `fell_back`. What is wrong in kind
    (unknown slot, typed time, invisible mark, too long, empty) is refused, with why; what is wrong in content is a finding.
    """
    body = next((body for body in draft.bodies if body.language == language), None)
    if body is None:
        there = ", ".join(body.language for body in draft.bodies)
        return Refused(code="unknown_language", why=f"this draft has no text in {language!r}; it has {there}")
    if not forms:
        return Refused(code="nothing_to_edit", why=f"name at least one form: {', '.join(FORMS)}")
    by = ground(facts, language, lexicon, templates.fixed[facts.occasion, language])
    cleaned: dict[str, str] = {}
    for form, text in forms.items():
        if refused := _refusal(form, text, by):
            return refused
        cleaned[form] = tidy_typed(form, text)
    edited = tuple(dict.fromkeys((*draft.edited, language)))
    bodies = tuple(
        replace(body, **cleaned) if standing.language == language
        else standing if standing.language in edited
        else compose(templates, facts, standing.language)
        for standing in draft.bodies
    )  # fmt: skip
    fell_back = tuple(standing.language for standing in draft.bodies if standing.language not in edited)
    return assemble(draft.notice, draft.version + 1, templates, facts, bodies, lexicon, edited=edited, fell_back=fell_back)


def standard(draft: Draft, templates: Templates, facts: Facts, languages: Sequence[str], lexicon: Lexicon) -> Draft:
    """`draft` taken back to its standard text in every language, as a new version."""
    bodies = tuple(compose(templates, facts, language) for language in languages)
    return assemble(draft.notice, draft.version + 1, templates, facts, bodies, lexicon)


def tidy_typed(form: str, text: str) -> str:
    """A typed text with tidy spaces; in text and page the lines that a person broke stay broken."""
    if form not in ("text", "page"):
        return tidy_form(form, text)
    lines = [" ".join(line.split()) for line in text.replace("\r\n", "\n").split("\n")]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept).strip()


def _refusal(form: str, text: str, by: Ground) -> Refused | None:
    if form not in FORMS:
        near = get_close_matches(form, FORMS, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        return Refused(code="unknown_form", why=f"there is no form {form!r}, only {', '.join(FORMS)}{meant}")
    if len(text) > BOUNDS[form]:
        return Refused(code="too_long", why=f"{form}: {len(text)} characters; at most {BOUNDS[form]}")
    if marks := hidden_marks(text.replace("\r\n", "\n")):
        return Refused(code="hidden_marks", why=f"{form}: invisible or control characters {', '.join(marks)}; take them out")
    if not text.strip():
        return Refused(code="empty", why=f"{form}: write something; every form is always there")
    if bad := bad_slots(text, by.facts.occasion):
        there = ", ".join(f"{{{slot}}}" for slot in SLOTS if slot in by.held)
        return Refused(code="unknown_slot", why=f"{form}: {bad[0]}. The slots of this message are {there}")
    if unheld := [slot for slot in SLOTS if f"{{{slot}}}" in text and slot not in by.held]:
        return Refused(code="empty_slot", why=f"{form}: {{{unheld[0]}}} names a time that the facts do not hold")
    if typed := bears_typed(text, by):
        why = f"{form}: “{typed[0]}” is a time written by hand, which no record holds; use a slot such as {{until}}"
        return Refused(code="typed_time", why=why)
    return _too_many_words(form, text, by)


def _too_many_words(form: str, text: str, by: Ground) -> Refused | None:
    if form != "voice":
        return None
    count = words_spoken(fill(text, values(by.facts, by.language, by.facts.zone, SAMPLE_NAME)))
    if count <= VOICE_WORDS:
        return None
    return Refused(code="too_long", why=f"voice: {count} words to say; at most {VOICE_WORDS}")
