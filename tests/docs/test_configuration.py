"""docs/reference/configuration.md names every key that people write, under its heading, with its default."""

import re
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sentinel.config import shape
from sentinel.config.annotation import models
from sentinel.config.check import CONFIRM, EVERY, TIMEOUT
from sentinel.config.detector import USUAL
from sentinel.config.folder import OCCASIONS
from sentinel.model.contact import ContactPolicy
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.installation import AuditPolicy
from sentinel.model.limits import Guards
from sentinel.model.notice import NoticePolicy
from sentinel.probe import assertion
from sentinel.run.kinds import FoundKinds
from tests.docs.pages import page

PAGE = page("docs/reference/configuration.md")
KINDS = FoundKinds()
UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))

SHAPES: dict[str, type[BaseModel]] = {
    "sentinel.yaml": shape.InstallationShape,
    "people": shape.LoginShape,
    "channels": shape.ChannelShape,
    "audiences": shape.AudienceShape,
    "audiences.sql": shape.SqlShape,
    "audiences.http": shape.HttpShape,
    "policies.incident": shape.IncidentShape,
    "policies.estimate": shape.EstimateShape,
    "policies.notice": shape.NoticeShape,
    "policies.contacts": shape.ContactsShape,
    "policies.audit": shape.AuditShape,
    "dead_man": shape.DeadManShape,
    "returns": shape.ReturnsShape,
    "returns.imap": shape.ImapShape,
    "hooks": shape.HookShape,
    "hooks.rules": shape.HookRuleShape,
    "hooks.fields": shape.HookFieldsShape,
    "policies.guards": shape.GuardsShape,
    "policies.approve": shape.StandingShape,
    "calendar": shape.CalendarShape,
    "drill": shape.DrillShape,
    "keep": shape.KeepShape,
    "defaults": shape.DefaultsShape,
    "places": shape.PlaceShape,
    "checks/&lt;service&gt;.yaml": shape.ServiceShape,
    "owner": shape.OwnerShape,
    "tell": shape.TellShape,
    "tell.customers": shape.CustomersShape,
    "A check": shape.CheckShape,
    "templates/statements/&lt;service&gt;.yaml": shape.StatementShape,
    "instead": shape.InsteadShape,
    "assure": shape.AssureShape,
    "Conditions": assertion.Conditions,
    "body": assertion.BodyHolds,
    "json": assertion.JsonHolds,
    "header": assertion.HeaderHolds,
    "fact": assertion.FactHolds,
    **{kind: KINDS.options(room, kind) for room in ("probe", "detect") for kind in KINDS.names(room)},
    **{
        kind if kind not in KINDS.names("probe") else f"{kind} (channel)": KINDS.options("channel", kind)
        for kind in KINDS.names("channel")
    },
}
"""Heading → the model whose keys stand under it."""
EMPTY = (
    "none",
    "all rows",
    "nobody",
    "the system's",
    "those",
    "see below",
    "the kind's own",
    "insisted on, except on this machine",
)


def under(heading: str) -> str:
    """What stands under a heading of any level, up to the next heading; of a kind of check, its page up to its facts
    or to what else has a heading there."""
    if heading in KINDS.names("probe"):
        return re.split(r"\n(?=\| fact |## )", page(f"docs/reference/checks/{heading}.md"))[0]
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def row(heading: str, key: str) -> list[str] | None:
    """The cells of the row whose first cell names `key`."""
    for line in under(heading).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and f"`{key}`" in cells[0]:
            return [cell.strip("| ") for cell in cells]
    return None


def written(value: Any) -> str:
    """A default as people would write it."""
    if isinstance(value, timedelta):
        length = value // timedelta(milliseconds=1)
        unit, size = next(((unit, size) for unit, size in UNITS if length and length % size == 0), ("s", 1_000))
        return f"{length // size}{unit}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(written, value))}]"
    return f"{value:g}" if isinstance(value, float) else "{}" if value == {} else str(value)


def keys(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


ALL = [(heading, key, field) for heading, model in SHAPES.items() for key, field in keys(model)]


@pytest.mark.parametrize(("heading", "key", "field"), ALL, ids=[f"{heading}: {key}" for heading, key, _ in ALL])
def test_a_key_is_there_with_its_default(heading: str, key: str, field: FieldInfo) -> None:
    cells = row(heading, key)
    assert cells is not None, f"{key} is not under {heading}"
    said = cells[-1]
    if len(cells) == 2:  # a table without defaults: nothing is required, or the text says what is
        assert field.default in (None, PydanticUndefined)
    elif field.is_required():
        assert said == "required"
    elif heading in KINDS.names("probe") and field.default in (None, "", ()) and (heading, key) not in OTHERWISE:
        assert said
        assert said != "required"  # what goes without saying there stands in words
    elif field.default is None or isinstance(field.default, BaseModel):
        assert said.startswith(EMPTY) or (heading, key) in OTHERWISE, said
    elif (heading, key) not in OTHERWISE:
        assert said.partition(";")[0] == f"`{written(field.default)}`" or said.startswith(EMPTY)


OTHERWISE = {("defaults", key) for key in ("every", "timeout", "confirm", "detect")}
OTHERWISE |= {("sql", key) for key in ("user", "folder", "file")}  # required of the databases that have them
OTHERWISE |= {("templates/statements/&lt;service&gt;.yaml", "headline"), ("email", "unsubscribe")}
"""Defaults that stand elsewhere than in the model, or mean something else than nothing."""


def test_the_defaults_of_every_check_are_those_in_force() -> None:
    for key, default in (("every", EVERY), ("timeout", TIMEOUT), ("confirm", CONFIRM)):
        cells = row("defaults", key)
        assert cells is not None
        assert cells[-1] == f"`{written(default)}`"
    detect = row("defaults", "detect")
    assert detect is not None
    assert detect[-1] == ", ".join(f"`{name}`" for name in USUAL)


def test_no_key_is_there_that_nobody_reads() -> None:
    for heading, model in SHAPES.items():
        first = [line.split(" | ")[0] for line in under(heading).splitlines() if re.match(r"\| `", line)]
        named = {key for cell in first for key in re.findall(r"`([^`]+)`", cell)}
        assert named <= {key for key, _ in keys(model)}, heading


def test_every_shape_that_config_reads_has_its_heading() -> None:
    """A new shape, or a condition with keys of its own, must get a place on the page."""
    frames = {shape.Shape, shape.InLanguages, shape.PoliciesShape}
    found = {made for made in vars(shape).values() if isinstance(made, type) and issubclass(made, shape.Shape)} - frames
    nested = {model for field in assertion.Conditions.model_fields.values() for model in models(field.annotation)}
    assert found | nested <= set(SHAPES.values())
    assert set(shape.PoliciesShape.model_fields) == {"audit", "incident", "estimate", "notice", "contacts", "guards", "approve"}


@pytest.mark.parametrize(
    ("heading", "policy"),
    [
        ("policies.incident", IncidentPolicy),
        ("policies.estimate", EstimatePolicy),
        ("policies.notice", NoticePolicy),
        ("policies.contacts", ContactPolicy),
        ("policies.audit", AuditPolicy),
        ("policies.guards", Guards),
    ],
)
def test_every_field_of_a_policy_is_named(heading: str, policy: Any) -> None:
    assert all(f"`{each.name}`" in under(heading) for each in fields(policy))


def test_every_occasion_is_named() -> None:
    assert all(
        f"`{occasion.value}`" in under("templates/customers/&lt;occasion&gt;.&lt;language&gt;") for occasion in OCCASIONS
    )
