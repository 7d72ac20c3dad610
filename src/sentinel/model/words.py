"""Words in several languages, as people write them in `checks/` and `templates/`."""

from collections.abc import Mapping
from typing import Final, TypeAlias

Words: TypeAlias = Mapping[str, str]
"""BCP 47 language → text. The first language of the installation is always there; see `in_language`."""


def in_language(words: Words, language: str) -> str | None:
    """The text in `language`, or None: a missing language blocks a draft, it is never filled with another one."""
    return words.get(language)


NAMES: Final[Mapping[str, str]] = {
    "ca": "Catalan",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "eu": "Basque",
    "fr": "French",
    "gl": "Galician",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
}


def name_of(language: str) -> str:
    """What staff call a language (`pt-BR`: Portuguese (pt-BR)); its tag, where that is not known here."""
    name = NAMES.get(language.partition("-")[0].casefold())
    return language if name is None else f"{name} ({language})" if "-" in language else name
