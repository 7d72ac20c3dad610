"""Hooks: what other tools say of which service, and how they are known; what must agree between `hooks:` and the services."""

from sentinel.config.known import Known, refer
from sentinel.config.problem import Problems
from sentinel.config.shape import HookRuleShape, HookShape, InstallationShape
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, below
from sentinel.model.hook import Fields, Format, Gravity, Hook, May, Rule
from sentinel.model.webhook import key

_SIGNED = (Format.GENERIC, Format.CLOUDEVENTS)


def check_hooks(tree: Node | None, known: Known, problems: Problems) -> None:
    """Each is proven in one way that its format knows, and speaks of services and statements that there are."""
    written = below(tree, "hooks")
    for name, node in written.items if isinstance(written, Mapping) else ():
        if not isinstance(node, Mapping):
            continue
        _check_proof(name, node, problems)
        _check_about(node, node, known, problems)
        rules = below(node, "rules")
        for rule in rules.nodes if isinstance(rules, Sequence) else ():
            if isinstance(rule, Mapping):
                _check_about(rule, node, known, problems)


def _check_proof(name: Scalar, node: Mapping, problems: Problems) -> None:
    written = below(node, "format")
    kind = written.word if isinstance(written, Scalar) else ""
    token, secrets, user = node.key("token"), node.key("secrets"), node.key("user")
    if token is None and secrets is None:
        problems.add(name, "anybody could report here", "write `token: ${file:...}` below it")
    if token is not None and secrets is not None:
        problems.add(secrets, "it is proven by a token already", "keep `token` or `secrets`")
    if secrets is not None and kind and kind not in _SIGNED:
        problems.add(secrets, f"{kind} signs nothing", "write `token: ${file:...}` instead")
    if user is not None and (token is None or kind == Format.PAGERDUTY):
        problems.add(user, "a name goes with a password, and PagerDuty's events have none", "write `token`, or take it out")
    fields = node.key("fields")
    if fields is not None and kind and kind not in _SIGNED:
        problems.add(fields, f"where things stand is known of {kind}", "take it out")


def _check_about(node: Mapping, hook: Mapping, known: Known, problems: Problems) -> None:
    own, statement = below(node, "service"), below(node, "statement")
    service = own or below(hook, "service")
    if isinstance(own, Scalar):
        refer(own, known.services, "service", problems)
    if not isinstance(statement, Scalar):
        return
    if not isinstance(service, Scalar):
        problems.add(statement, "a statement is one of a service", "write `service` beside it")
    elif known.services is None or service.word in known.services:
        refer(statement, known.statements.get(service.word, frozenset()), f"statement of `{service.word}`", problems)


def hooks(shape: InstallationShape) -> dict[str, Hook]:
    """Each by its name."""
    return {name: _hook(name, one) for name, one in shape.hooks.items()}


def _hook(name: str, one: HookShape) -> Hook:
    return Hook(
        name=name,
        format=Format(one.format),
        token=one.token,
        user=one.user or "",
        keys=tuple(key(each.reveal()) for each in one.secrets),
        may=May(one.may),
        expires=one.expires,
        service=one.service or "",
        statement=one.statement or "",
        service_label=one.service_label,
        severity_label=one.severity_label,
        severities={word.lower(): Gravity(gravity) for word, gravity in one.severities.items()},
        rules=tuple(_rule(each) for each in one.rules),
        fields=Fields(**one.fields.model_dump()),
    )


def _rule(one: HookRuleShape) -> Rule:
    gravity = Gravity(one.severity) if one.severity else None
    return Rule(when=one.when, service=one.service or "", statement=one.statement or "", gravity=gravity)
