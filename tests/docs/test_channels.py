"""docs/reference/channels.md names every kind, every slot and every type of event."""

import re

from sentinel.deliver.channel import webhook
from sentinel.deliver.jsonbody import SLOTS
from sentinel.run.kinds import FoundKinds
from tests.docs.pages import page, section

PAGE = page("docs/reference/channels.md")


def test_every_kind_is_in_the_table_and_none_besides() -> None:
    named = set(re.findall(r"^\| `([a-z]+)` \| (?:customers|staff)", PAGE, re.MULTILINE))
    assert named == set(FoundKinds().names("channel"))


def test_every_slot_is_named_with_what_it_is() -> None:
    rows = dict(re.findall(r"^\| `\{([a-z]+)\}` \| (.+) \|$", section(PAGE, "Slots"), re.MULTILINE))
    assert rows == dict(SLOTS)


def test_every_type_of_event_is_named() -> None:
    assert set(re.findall(r"^\| `(sentinel\.[a-z0-9.]+)`", PAGE, re.MULTILINE)) == {
        *webhook.TYPES.values(),
        webhook.WORDS,
        webhook.LETTER,
    }
