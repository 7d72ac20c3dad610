"""A notice's words as its approver reads them: by language and form, with what was found beside the text it is about. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from sentinel.model.notice import Body, Finding
from sentinel.notify.plain import VOICE_WORDS, words_spoken
from sentinel.notify.sms import segments
from sentinel.serve.port import NoticeView, Part, Preview

FORMS = ("text", "short", "voice", "page")
"""The forms in the order in which they are read; the subject stands above the text, as in a mail."""
TITLES = {"text": "Mail", "short": "Text message", "voice": "On the phone", "page": "Status page"}
_PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One form of one language, filled for its reader. `size` in words ("157 characters, 1 segment")."""

    name: str
    title: str
    text: str
    size: str
    subject: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A piece of a text that was edited: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a person changed of one form of the standard text."""

    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tongue:
    """One language. `raw` is what is edited: the words with their slots named; None once there is no draft."""

    language: str
    to: str
    zone: str
    forms: tuple[Form, ...]
    beside: tuple[tuple[Part, tuple[Form, ...]], ...]
    raw: Body | None
    blocks: int
    remarks: int
    is_edited: bool
    fell_back: bool
    changes: tuple[Change, ...]


def tongues(view: NoticeView) -> tuple[Tongue, ...]:
    """The languages of a notice, in the order of its words."""
    languages = dict.fromkeys(preview.body.language for preview in view.previews)
    return tuple(_tongue(view, language) for language in languages)


def unnamed(view: NoticeView) -> NoticeView:
    """For whoever may not see customers: the same words with their slots named, not as one customer reads them."""
    words = view.approval or view.draft
    if words is None:
        return replace(view, previews=(), slots={})
    parts = ((Part.NOW, words.bodies), (Part.HOLDING, words.holding), (Part.CLOSING, words.closing))
    previews = tuple(Preview(part=part, to="", body=body) for part, bodies in parts for body in bodies)
    return replace(view, previews=previews, slots={})


def unplaced(view: NoticeView) -> tuple[Finding, ...]:
    """Findings on a language or form that is not shown: a list of its own, so that none is lost."""
    shown = {preview.body.language for preview in view.previews}
    found = view.draft.findings if view.draft else ()
    known = {f"{prefix}{form}" for prefix in ("", "holding.", "closing.", "closed.") for form in (*FORMS, "subject")}
    return tuple(each for each in found if each.language not in shown or each.form not in known)


def _tongue(view: NoticeView, language: str) -> Tongue:
    draft = view.draft
    mine = [preview for preview in view.previews if preview.body.language == language]
    found = tuple(each for each in (draft.findings if draft else ()) if each.language == language)
    raw = next((body for body in draft.bodies if body.language == language), None) if draft else None
    standard = next((body for body in view.standard if body.language == language), None)
    is_edited = draft is not None and language in draft.edited
    return Tongue(
        language=language,
        to=mine[0].to,
        zone=mine[0].zone,
        forms=tuple(form for preview in mine if preview.part is Part.NOW for form in _forms(preview, found, "")),
        beside=tuple(
            (preview.part, tuple(_forms(preview, found, *_PREFIX[preview.part])))
            for preview in mine
            if preview.part is not Part.NOW
        ),
        raw=raw,
        blocks=sum(each.blocks for each in found),
        remarks=sum(not each.blocks for each in found),
        is_edited=is_edited,
        fell_back=draft is not None and language in draft.fell_back,
        changes=tuple(_changes(standard, raw)) if is_edited and standard and raw else (),
    )


_PREFIX = {Part.HOLDING: ("holding.",), Part.CLOSING: ("closed.", "closing.")}


def _forms(preview: Preview, found: tuple[Finding, ...], *prefixes: str) -> Iterator[Form]:
    for name in FORMS:
        names = {f"{prefix}{each}" for prefix in prefixes for each in ((name, "subject") if name == "text" else (name,))}
        text: str = getattr(preview.body, name)
        subject = preview.body.subject if name == "text" else ""
        findings = sorted((each for each in found if each.form in names), key=lambda each: not each.blocks)
        yield Form(name=name, title=TITLES[name], text=text, size=size(name, text), subject=subject, findings=tuple(findings))


def size(form: str, text: str) -> str:
    """How long a text is, in what counts for its form."""
    if form == "short":
        count = segments(text)
        return f"{len(text)} characters, {count} {'segment' if count == 1 else 'segments'}"
    spoken = words_spoken(text)
    return f"{spoken} words of at most {VOICE_WORDS}" if form == "voice" else f"{spoken} words"


def _changes(standard: Body, raw: Body) -> Iterator[Change]:
    for name, title in {"subject": "Subject", **TITLES}.items():
        was, now = getattr(standard, name), getattr(raw, name)
        if was != now:
            yield Change(title=title, pieces=tuple(diff(was, now)))


def diff(was: str, now: str) -> Iterator[Piece]:
    """Word by word: what stayed, what is gone, what is new, in the order of reading."""
    old, new = _PIECES.findall(was), _PIECES.findall(now)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(kind="same", text="".join(old[a:b]))
            continue
        if b > a:
            yield Piece(kind="gone", text="".join(old[a:b]))
        if d > c:
            yield Piece(kind="new", text="".join(new[c:d]))
