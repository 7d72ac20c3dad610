"""Words in several languages, as people write them in `checks/` and `templates/`."""

from collections.abc import Mapping
from typing import TypeAlias

Words: TypeAlias = Mapping[str, str]
"""BCP 47 language → text. The first language of the installation is always there; see `in_language`."""


def in_language(words: Words, language: str) -> str | None:
    """The text in `language`, or None: a missing language blocks a draft, it is never filled with another one."""
    return words.get(language)
