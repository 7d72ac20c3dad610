"""Statements: customer service's words for one service, from templates/statements/<service>.yaml."""

from sentinel.config.fit import fit
from sentinel.config.known import Known
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.shape import AssureShape, InsteadShape, StatementShape
from sentinel.config.text import NAME
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, below
from sentinel.config.words import check_words, in_all
from sentinel.model.statement import Alternative, Assurance, Statement

_TO_CUSTOMERS = ("headline", "say", "do", "do_not", "afterwards")
_BESIDE_INSTEAD = tuple(InsteadShape.model_fields)
_BESIDE_ASSURE = tuple(AssureShape.model_fields)


def statements(service: str, tree: Node | None, known: Known, problems: Problems) -> list[Statement]:
    """The statements of one file; those with a mistake are left out, the mistake noted."""
    if isinstance(tree, Mapping):
        if known.services is not None and service not in known.services:
            problems.add(tree, f"there is no service {quoted(service)}", nearest(service, known.services))
        found = [_statement(service, name, node, known, problems) for name, node in tree.items]
        return [statement for statement in found if statement]
    if tree is not None:
        problems.add(tree, "statements are wanted here", "write each under its name")
    return []


def _statement(service: str, name: Scalar, node: Node, known: Known, problems: Problems) -> Statement | None:
    if not NAME.fullmatch(name.text):
        problems.add(name, f"{quoted(name.text)} is not a name", "use small letters, digits, `-` and `_`, 63 at most")
    _check_texts(service, node, known, problems)
    shape = fit(node, StatementShape, problems)
    if shape is None or not known.languages:
        return None
    languages = known.languages
    say = in_all(shape.say, languages)
    assert say is not None, "say is required"
    return Statement(
        id=f"{service}.{name.text}",
        service=service,
        impact=shape.impact,
        say=say,
        headline=in_all(shape.headline, languages),
        do=in_all(shape.do, languages),
        do_not=in_all(shape.do_not, languages),
        instead=_alternative(shape.instead, languages),
        afterwards=in_all(shape.afterwards, languages),
        desk=in_all(shape.desk, languages),
        assure=tuple(_assurance(assure, languages) for assure in shape.assure),
        corrects=shape.corrects,
    )


def _check_texts(service: str, node: Node, known: Known, problems: Problems) -> None:
    """What customers read is wanted in every language; what the desk alone reads, in the desk's."""
    told = service in known.telling
    for name in _TO_CUSTOMERS:
        check_words(below(node, name), known.languages, problems, everywhere=told)
    check_words(below(node, "desk"), known.languages, problems, everywhere=False)
    instead = below(node, "instead")
    if isinstance(instead, Mapping):
        check_words(instead, known.languages, problems, everywhere=told, beside=_BESIDE_INSTEAD)
    assure = below(node, "assure")
    for item in assure.nodes if isinstance(assure, Sequence) else ():
        if isinstance(item, Mapping):
            slots = ("grace_day",) if item.key("grace_days") else ()
            check_words(item, known.languages, problems, everywhere=told, beside=_BESIDE_ASSURE, slots=slots)


def _alternative(shape: InsteadShape | None, languages: tuple[str, ...]) -> Alternative | None:
    words = in_all(shape.model_extra, languages) if shape else None
    return Alternative(words=words, open=shape.open) if shape and words else None


def _assurance(shape: AssureShape, languages: tuple[str, ...]) -> Assurance:
    return Assurance(
        words=in_all(shape.model_extra, languages) or {},
        owner=shape.owner,
        evidence=shape.evidence,
        until=shape.until,
        grace_days=shape.grace_days,
    )
