"""Words in languages: that each needed language is there, no unknown one, and no slot that nothing fills."""

import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Texts

from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.tree import Mapping, Node, Scalar
from sentinel.model.words import Words

_BRACE = re.compile(r"\{[^{}]*\}?|\}")
_NEEDS = {"{grace_day}": "grace_days"}
"""Slot → the key beside the words that fills it."""


def check_words(
    node: Node | None,
    languages: tuple[str, ...],
    problems: Problems,
    *,
    everywhere: bool,
    beside: Collection[str] = (),
    slots: Collection[str] = (),
) -> None:
    """`everywhere`: wanted in all `languages` and not only in the first. `beside`: keys that are not languages.

    `slots`: those that the texts may hold. Shapes are somebody else's complaint.
    """
    for text in _texts(node, beside):
        _check_slots(text, slots, problems, beside)
    if not languages or node is None:
        return
    if isinstance(node, Scalar):
        if len(languages) > 1 and isinstance(node.value, str):
            wanted = ", ".join(f"{language}: ..." for language in languages)
            problems.add(node, "this is in one language of several", f"write {{{wanted}}}")
    elif isinstance(node, Mapping):
        _check_languages(node, languages, problems, everywhere=everywhere, beside=beside)


def in_all(texts: Texts[str, str] | None, languages: tuple[str, ...]) -> Words | None:
    """Validated texts as Words, in the languages' order; a plain string becomes the text of the one language."""
    if texts is None:
        return None
    found = {languages[0]: texts[""]} if "" in texts else texts
    return {language: found[language] for language in languages if language in found}


def _check_languages(
    node: Mapping, languages: tuple[str, ...], problems: Problems, *, everywhere: bool, beside: Collection[str]
) -> None:
    written = {key.text for key, _ in node.items}
    for key, _ in node.items:
        if key.text not in languages and key.text not in beside:
            what = "language or key" if beside else "language"
            problems.add(key, f"unknown {what} {quoted(key.text)}", nearest(key.text, (*languages, *beside)))
    for language in languages if everywhere else languages[:1]:
        if language not in written:
            problems.add(node, f"the words in `{language}` are missing", f"write them under `{language}:`")


def _texts(node: Node | None, beside: Collection[str]) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        yield from (text for key, text in node.items if key.text not in beside and isinstance(text, Scalar))


def _check_slots(text: Scalar, slots: Collection[str], problems: Problems, beside: Collection[str]) -> None:
    words = text.value if isinstance(text.value, str) and not text.broken else ""
    for found in dict.fromkeys(_BRACE.findall(words)):
        if found not in {f"{{{slot}}}" for slot in slots}:
            needed = _NEEDS.get(found)
            if needed in beside:
                problems.add(text, f"nothing fills the slot {quoted(found)}", f"give `{needed}:` beside it")
            else:
                todo = nearest(found.strip("{}"), slots) if slots else "take it out: no slot is filled here"
                problems.add(text, f"unknown slot {quoted(found)}", todo)
