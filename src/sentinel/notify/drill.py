"""Drill: how every message says that it is one, in each language. It stands before all else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sentinel.model.notice import Body
from sentinel.notify.language import base


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drill:
    """`word` opens subjects and short forms; `line` is the first sentence of everything longer."""

    word: str
    line: str


_WORDS: Mapping[str, _Drill] = {
    "en": _Drill(word="DRILL", line="This is a drill: nothing is broken, and you need do nothing."),
    "es": _Drill(word="SIMULACRO", line="Esto es un simulacro: no hay ningún fallo y no tiene que hacer nada."),
    "de": _Drill(word="ÜBUNG", line="Dies ist eine Übung: Es ist nichts gestört, und Sie müssen nichts tun."),
    "fr": _Drill(word="EXERCICE", line="Ceci est un exercice : rien n'est en panne et vous n'avez rien à faire."),
    "it": _Drill(word="ESERCITAZIONE", line="Questa è un'esercitazione: non c'è alcun guasto e non deve fare nulla."),
    "pt": _Drill(word="SIMULACRO", line="Isto é um simulacro: nada está avariado e não precisa de fazer nada."),
}


def word(language: str) -> str:
    """The word for a drill, in capitals."""
    return _words(language).word


def line(language: str) -> str:
    """The sentence that says so."""
    return _words(language).line


def marked(body: Body) -> Body:
    """The body of a drill: each form begins with the word."""
    said = _words(body.language)
    return replace(
        body,
        subject=f"{said.word}: {body.subject}",
        short=f"{said.word}. {body.short}",
        text=f"{said.word}. {said.line}\n\n{body.text}",
        page=f"{said.word}. {said.line} {body.page}",
        voice=f"{said.word}. {body.voice}",
    )


def _words(language: str) -> _Drill:
    return _WORDS.get(base(language), _WORDS["en"])
