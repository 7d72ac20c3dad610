"""Blocks: Slack's Block Kit, as far as a desk's messages need it.

Belongs here: Slack's limits (a message beyond them is refused, as Slack would) and blocks as plain text. Does not belong here:
making them; that is the channel's.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

MOST_BLOCKS: Final = 50
MOST_FIELDS: Final = 10
MOST_ELEMENTS: Final = {"actions": 25, "context": 10}
LONGEST_HEADER: Final = 150
LONGEST_SECTION: Final = 3000
LONGEST_FIELD: Final = 2000
LONGEST_LABEL: Final = 75
LONGEST_ACTION: Final = 255
KINDS: Final = frozenset({"actions", "context", "divider", "header", "image", "input", "markdown", "rich_text", "section"})


def wrong_with(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What Slack would refuse about these blocks, in words; "" if nothing."""
    if len(blocks) > MOST_BLOCKS:
        return f"{len(blocks)} blocks; Slack takes {MOST_BLOCKS}"
    for place, block in enumerate(blocks):
        wrong = _wrong_block(block)
        if wrong:
            return f"block {place}: {wrong}"
    return ""


def as_text(blocks: Iterable[Mapping[str, Any]]) -> str:
    """The blocks as a reader sees them, without markup of ours: one line or more a block, buttons in square brackets."""
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def _wrong_block(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind not in KINDS:
        return f"no such type: {kind}"
    if kind == "header":
        return _wrong_text(block.get("text"), LONGEST_HEADER, plain=True)
    if kind == "section":
        return _wrong_section(block)
    if kind in MOST_ELEMENTS:
        return _wrong_elements(block, MOST_ELEMENTS[kind])
    return ""


def _wrong_section(block: Mapping[str, Any]) -> str:
    fields = block.get("fields") or []
    if not fields and not block.get("text"):
        return "a section needs text or fields"
    if len(fields) > MOST_FIELDS:
        return "too many fields"
    wrong = _wrong_text(block["text"], LONGEST_SECTION) if block.get("text") else ""
    return wrong or next((each for each in (_wrong_text(field, LONGEST_FIELD) for field in fields) if each), "")


def _wrong_elements(block: Mapping[str, Any], most: int) -> str:
    elements = block.get("elements") or []
    if not 0 < len(elements) <= most:
        return f"needs 1 to {most} elements"
    actions = [str(element["action_id"]) for element in elements if "action_id" in element]
    if len(set(actions)) != len(actions) or any(len(action) > LONGEST_ACTION for action in actions):
        return "action_id is not unique, or too long"
    for element in elements:
        if element.get("type") == "button":
            wrong = _wrong_text(element.get("text"), LONGEST_LABEL, plain=True)
            if wrong:
                return wrong
    return ""


def _wrong_text(text: Any, longest: int, *, plain: bool = False) -> str:
    if not isinstance(text, Mapping) or text.get("type") not in ("plain_text", "mrkdwn"):
        return "text is no text object"
    if plain and text["type"] != "plain_text":
        return "text must be plain_text"
    words = text.get("text")
    if not isinstance(words, str) or not words:
        return "text is empty"
    return "" if len(words) <= longest else f"text is longer than {longest}"


def _lines(block: Mapping[str, Any]) -> list[str]:
    kind = block.get("type")
    if kind == "divider":
        return ["---"]
    if kind == "actions":
        return [" ".join(f"[{_words(element.get('text'))}]" for element in block.get("elements") or [])]
    if kind == "context":
        return [_words(element) for element in block.get("elements") or []]
    return [_words(block.get("text")), *(_words(field) for field in block.get("fields") or [])]


def _words(text: Any) -> str:
    """The words of a text object. Slack's escapes of & < > are undone, as its client does before it shows them."""
    words = text.get("text") if isinstance(text, Mapping) else text
    return str(words or "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
