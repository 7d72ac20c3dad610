"""The folder of texts that people write, read whole: an Installation, or everything that is wrong with it."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Texts
from dataclasses import dataclass, field
from typing import TypeAlias

from sentinel.config.audience import audiences
from sentinel.config.calendar import with_calendar
from sentinel.config.hooks import check_hooks, hooks
from sentinel.config.installation import logins, main_file
from sentinel.config.known import Known, learn
from sentinel.config.limits import drill, guards, standing
from sentinel.config.places import places
from sentinel.config.problem import Problem, Problems, nearest, quoted
from sentinel.config.readers import check_readers
from sentinel.config.reference import Resolve, fill
from sentinel.config.returns import ways
from sentinel.config.service import check_cycles, service
from sentinel.config.shape import DefaultsShape, InstallationShape
from sentinel.config.statement import statements
from sentinel.config.tree import Node, parse
from sentinel.config.words import in_all
from sentinel.model.check import Check
from sentinel.model.contact import ContactPolicy
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.installation import AuditPolicy, Channel, DeadMan, Guard, Installation, PurePath, TemplateFile
from sentinel.model.keep import Keep
from sentinel.model.kinds import Kinds
from sentinel.model.notice import NoticePolicy, Occasion
from sentinel.model.service import Service
from sentinel.model.statement import Statement

MAIN = "sentinel.yaml"
OCCASIONS = (
    Occasion.OPENED,
    Occasion.WIDENED,
    Occasion.DELAYED,
    Occasion.HOLDING,
    Occasion.AGAIN,
    Occasion.CORRECTION,
    Occasion.CLOSED,
    Occasion.RETRACTION,
)
"""The occasions on which customers are written to."""
Proofread: TypeAlias = Callable[[tuple[TemplateFile, ...], tuple[str, ...]], Iterable[Problem]]
"""(templates, languages) → what is wrong in them. What makes messages of templates is not this room's to know."""
_CHECKS = re.compile(r"checks/([^/]+)\.ya?ml")
_STATEMENTS = re.compile(r"templates/statements/([^/]+)\.ya?ml")
_CUSTOMERS = re.compile(r"templates/customers/([^/.]+)\.([^/.]+)")


def load(texts: Texts[str, str], kinds: Kinds, resolve: Resolve, proofread: Proofread | None = None) -> Installation:
    """The installation that `texts` (path within the folder → text) describe.

    `resolve` gives the value of `env:NAME` or `file:path`, None if there is none. `proofread` is asked what is wrong in the
    templates, which are not read here. Raises ConfigError with every mistake of every file. Paths in the result are as
    written, relative to the folder.
    """
    problems = Problems()
    trees = _sort(texts, resolve, problems)
    known = learn(trees.main, trees.checks, trees.statements, kinds)
    shape, channels = main_file(trees.main, kinds, problems)
    check_hooks(trees.main, known, problems)
    defaults = shape.defaults if shape else DefaultsShape()
    made = [service(name, tree, known, defaults, problems) for name, tree in trees.checks.items()]
    check_cycles(trees.checks, problems)
    check_readers(trees.main, trees.checks, channels, kinds, problems)
    said = [one for name, tree in trees.statements.items() for one in statements(name, tree, known, problems)]
    named = _check_templates(trees.templates, known, problems)
    if proofread and known.languages and (trees.templates or known.telling):
        for problem in proofread(named, known.languages):
            problems.place(problem.file, problem.line, problem.column, problem.what, problem.todo)
    _check_corrections(trees.templates, said, known, problems)
    _check_apart(said, [one for one, _ in made if one], shape, problems)
    problems.refuse()
    assert shape is not None, "without a problem there is a shape"
    services = {one.name: one for one, _ in made if one}
    checks = with_calendar({one.id: one for _, several in made for one in several}, shape)
    return _installation(shape, channels, services, checks, {one.id: one for one in said}, trees.templates)


@dataclass(frozen=True, slots=True)
class _Trees:
    """The files by what they are for. None: it cannot be read, and why is among the problems."""

    main: Node | None
    checks: dict[str, Node | None] = field(default_factory=dict)
    statements: dict[str, Node | None] = field(default_factory=dict)
    templates: tuple[TemplateFile, ...] = ()


def _sort(texts: Texts[str, str], resolve: Resolve, problems: Problems) -> _Trees:
    if MAIN not in texts:
        problems.place(MAIN, 1, 1, "this file is missing", "write it (`sentinel init` does), or point --config at yours")
    trees = _Trees(_tree(MAIN, texts[MAIN], resolve, problems) if MAIN in texts else None, templates=tuple(_templates(texts)))
    for file, text in sorted(texts.items()):
        for pattern, into in ((_CHECKS, trees.checks), (_STATEMENTS, trees.statements)):
            if found := pattern.fullmatch(file):
                if found[1] in into:
                    problems.place(file, 1, 1, f"there is a second file for {quoted(found[1])}", "keep one of the two")
                into[found[1]] = _tree(file, text, resolve, problems)
    return trees


def _tree(file: str, text: str, resolve: Resolve, problems: Problems) -> Node | None:
    tree = parse(file, text, problems)
    return None if tree is None else fill(tree, resolve, problems)


def _templates(texts: Texts[str, str]) -> Iterator[TemplateFile]:
    for file, text in sorted(texts.items()):
        if found := _CUSTOMERS.fullmatch(file):
            yield TemplateFile(path=file, occasion=found[1], language=found[2], text=text)


def _check_templates(templates: tuple[TemplateFile, ...], known: Known, problems: Problems) -> tuple[TemplateFile, ...]:
    """Those whose names are right."""
    named: list[TemplateFile] = []
    for template in templates:
        before = len(problems)
        if template.occasion not in OCCASIONS:
            what, todo = f"unknown occasion {quoted(template.occasion)}", nearest(template.occasion, OCCASIONS)
            problems.place(template.path, 1, 1, what, todo)
        if known.languages and template.language not in known.languages:
            what, todo = f"unknown language {quoted(template.language)}", nearest(template.language, known.languages)
            problems.place(template.path, 1, 1, what, todo)
        if len(problems) == before:
            named.append(template)
    return tuple(named)


def _check_corrections(templates: tuple[TemplateFile, ...], said: list[Statement], known: Known, problems: Problems) -> None:
    """A statement about a wrong message of ours is drafted with templates that no other statement needs."""
    asking = next((one.id for one in said if one.corrects and one.service in known.telling), None)
    there = {template.language for template in templates if template.occasion == Occasion.CORRECTION}
    for language in known.languages if asking is not None else ():
        if language not in there:
            path = f"templates/customers/{Occasion.CORRECTION}.{language}"
            problems.place(path, 1, 1, f"missing: {asking} is about a wrong message of ours (`corrects`)", "write it")


def _check_apart(said: list[Statement], services: list[Service], shape: InstallationShape | None, problems: Problems) -> None:
    """A service of which a message of ours can be wrong is in no incident with anything else: its correction would go to those
    who never got that message, as an ordinary opening, which a written rule may approve."""
    ours = {one.service for one in said if one.corrects}
    for one in said:
        if one.service in ours and not one.corrects:
            what = f"{one.id} stands beside a statement about a wrong message of ours (`corrects`)"
            problems.place(f"templates/statements/{one.service}.yaml", 1, 1, what, "give each a service of its own")
    for each in services:
        tied = (each.name in ours and each.depends_on) or [name for name in each.depends_on if name in ours]
        if tied:
            what = f"{each.name} depends on {tied[0]}, and one of them has a statement with `corrects`"
            problems.place(f"checks/{each.name}.yaml", 1, 1, what, "leave `depends_on` away: its incident stands alone")
        audience = shape.audiences.get(each.audience) if shape and each.audience else None
        if each.name in ours and audience is not None and audience.subscribers is not False:
            what = f"the audience {each.audience} takes in subscribers, who never got the message that {each.name} corrects"
            problems.place(f"checks/{each.name}.yaml", 1, 1, what, "write `subscribers: false` at that audience")


def _installation(
    shape: InstallationShape,
    channels: dict[str, Channel],
    services: dict[str, Service],
    checks: dict[str, Check],
    said: dict[str, Statement],
    templates: tuple[TemplateFile, ...],
) -> Installation:
    return Installation(
        name=shape.name,
        brand=shape.brand,
        url=shape.url,
        zone=shape.time_zone,
        languages=shape.languages,
        place=shape.place,
        store=PurePath(shape.store),
        listen=shape.listen,
        services=services,
        statements=said,
        checks=checks,
        channels=channels,
        audiences=audiences(shape),
        templates=templates,
        logins=logins(shape),
        desk=in_all(shape.desk, shape.languages),
        database=shape.database,
        history=PurePath(shape.history) if shape.history else None,
        modules=shape.modules,
        modules_file=PurePath(shape.modules_file) if shape.modules_file else None,
        guard=Guard(allow=shape.allow_private),
        incident=IncidentPolicy(**shape.policies.incident.model_dump()),
        estimate=EstimatePolicy(**shape.policies.estimate.model_dump()),
        contacts=ContactPolicy(**shape.policies.contacts.model_dump()),
        notice=NoticePolicy(**shape.policies.notice.model_dump()),
        keep=Keep(**shape.keep.model_dump()),
        canaries=shape.canaries,
        places=places(shape),
        disk_reserve=shape.disk_reserve,
        dead_man=None if shape.dead_man is None else DeadMan(url=shape.dead_man.url, every=shape.dead_man.every),
        returns=ways(shape.returns),
        hooks=hooks(shape),
        audit=AuditPolicy(**shape.policies.audit.model_dump()),
        guards=guards(shape),
        standing=standing(shape),
        drill=drill(shape),
    )
