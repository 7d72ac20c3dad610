"""`hooks:` of sentinel.yaml: what is read of it, and that each mistake is named."""

from datetime import timedelta

import pytest

from sentinel.model.hook import Format, Gravity, May

from .northwind import TEXTS, loaded, mistakes

FILE = "sentinel.yaml"
TOKEN = "token: '${env:LEAD_PASSWORD}'"


def written(hook: str) -> dict[str, str]:
    texts = dict(TEXTS)
    return {**texts, FILE: f"{texts[FILE]}\nhooks:\n  tool: {hook}\n"}


def test_a_hook_is_read_whole() -> None:
    rules = "[{when: {alertname: 'Pay*'}, service: payments, statement: cannot_pay, severity: degraded}]"
    texts = written(f"{{format: alertmanager, {TOKEN}, may: warn, expires: 5h, severities: {{Page: down}}, rules: {rules}}}")
    hook = loaded(texts).hooks["tool"]
    assert (hook.name, hook.format, hook.may, hook.expires) == ("tool", Format.ALERTMANAGER, May.WARN, timedelta(hours=5))
    assert (hook.rules[0].statement, hook.rules[0].gravity) == ("cannot_pay", Gravity.DEGRADED)
    assert hook.severities == {"page": Gravity.DOWN}
    assert "LEAD" not in repr(hook)
    assert (hook.service_label, hook.severity_label) == ("service", "severity")


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("{format: alertmanager}", "anybody could report here"),
        (f"{{format: icinga, {TOKEN}}}", "`icinga` is not known here"),
        ("{format: alertmanager, token: open}", "${env:NAME}"),
        (f"{{format: generic, {TOKEN}, secrets: ['${{env:LEAD_PASSWORD}}']}}", "it is proven by a token already"),
        ("{format: alertmanager, secrets: ['${env:LEAD_PASSWORD}']}", "alertmanager signs nothing"),
        ("{format: generic, secrets: ['${env:LEAD_PASSWORD}']}", "a signing secret is whsec_"),
        (f"{{format: pagerduty, user: am, {TOKEN}}}", "PagerDuty's events have none"),
        (f"{{format: alertmanager, {TOKEN}, fields: {{key: a}}}}", "where things stand is known of alertmanager"),
        (f"{{format: generic, {TOKEN}, service: paymens}}", "unknown service `paymens`"),
        (f"{{format: generic, {TOKEN}, statement: cannot_pay}}", "a statement is one of a service"),
        (f"{{format: generic, {TOKEN}, service: payments, statement: nope}}", "unknown statement of `payments` `nope`"),
        (f"{{format: generic, {TOKEN}, rules: [{{when: {{}}, service: payments}}]}}", "at least"),
        (f"{{format: generic, {TOKEN}, rules: [{{when: {{a: b}}, service: x}}]}}", "unknown service `x`"),
        (f"{{format: generic, {TOKEN}, rules: [{{when: {{a: b}}, statement: x}}]}}", "a statement is one of a service"),
    ],
    ids=["no proof", "a format", "an open token", "two proofs", "unsigned", "a bad secret", "a user", "fields", "a service",
         "no service", "a statement", "no labels", "a rule's service", "a rule's statement"],
)  # fmt: skip
def test_a_mistake_is_named(hook: str, message: str) -> None:
    said = mistakes(written(hook))
    assert any(message in each for each in said), said
