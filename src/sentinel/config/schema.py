"""JSON Schema for editors, from the very types that read the files.

Belongs here: the three kinds of file as draft 2020-12, with the forms that YAML takes here (durations, references, a plain word
where there is one language). Does not belong here: what must agree across files, which a schema cannot say.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sentinel.config.detector import MAY, most
from sentinel.config.scalar import written
from sentinel.config.shape import ChannelShape, CheckShape, InstallationShape, ServiceShape, StatementShape
from sentinel.model.kinds import Kinds, Room
from sentinel.model.secret import REFERENCE

Part: TypeAlias = Literal["main", "checks", "statements"]
Schema: TypeAlias = dict[str, Any]

PARTS: Mapping[Part, str] = {
    "main": "sentinel.yaml",
    "checks": "checks/<service>.yaml",
    "statements": "templates/statements/<service>.yaml",
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAME = "^[a-z0-9][a-z0-9_-]{0,62}$"
_DURATION = r"^[0-9]{1,9}(ms|s|m|h|d)$|^\$\{"
_BLOCKS = ("up", "healthy", "calm")


def schema(part: Part, kinds: Kinds) -> Schema:
    """What an editor may check of one kind of file, and say of each of its keys."""
    made = {"main": _main, "checks": _checks, "statements": _statements}[part](kinds)
    return {"$schema": DIALECT, "title": f"Sentinel: {PARTS[part]}", **made}


def _main(kinds: Kinds) -> Schema:
    main = _of(InstallationShape)
    for each in ("channels", "audiences"):
        main["properties"][each] |= {"propertyNames": {"pattern": NAME}}
    channels, common = _by_kind("channel", kinds), _of(ChannelShape)["properties"]
    main["properties"]["channels"]["additionalProperties"] = {
        "type": "object",
        "description": "One kind with its options, and what every channel may have.",
        **channels,
        "properties": channels["properties"] | common,
        "oneOf": [{"required": [kind]} for kind in channels["properties"]],
    }
    main["properties"]["defaults"]["properties"]["detect"] |= _detectors(kinds)
    return main


def _checks(kinds: Kinds) -> Schema:
    service = _of(ServiceShape)
    check = _of(CheckShape)
    check["description"] = "One check: its kind with that kind's options, and what is wanted of it."
    conditions = _of(kinds.conditions())
    for block in _BLOCKS:
        check["properties"][block] = {**conditions, "description": check["properties"][block]["description"]}
    check["properties"]["detect"] |= _detectors(kinds)
    probes = _by_kind("probe", kinds)["properties"]
    check["properties"] |= probes
    check["oneOf"] = [{"required": [kind]} for kind in probes]
    service["properties"]["checks"] |= {"propertyNames": {"pattern": NAME}, "additionalProperties": check}
    return service


def _statements(kinds: Kinds) -> Schema:
    return {
        "type": "object",
        "description": "What customers can feel, in customer service's words: name → one statement.",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": _of(StatementShape),
    }


def _detectors(kinds: Kinds) -> Schema:
    found = _by_kind("detect", kinds)
    for name, made in found["properties"].items():
        made["properties"] |= {MAY: {"enum": list(most(name)), "description": "The most that it may do."}}
    either = {name: {"anyOf": [made, {"type": "null"}]} for name, made in found["properties"].items()}
    described = {name: {**either[name], "description": made["description"]} for name, made in found["properties"].items()}
    return {**found, "properties": described}


def _by_kind(room: Room, kinds: Kinds) -> Schema:
    options = {name: kinds.options(room, name) for name in kinds.names(room)}
    return {"properties": {name: _with_shorthand(model) for name, model in options.items()}, "additionalProperties": False}


def _with_shorthand(model: type[BaseModel]) -> Schema:
    """A kind whose model reads what is written itself takes one plain word for all of its options (`http: https://...`)."""
    made = _of(model)
    reads_whole = any(each.info.mode == "before" for each in model.__pydantic_decorators__.model_validators.values())
    return {"description": made.get("description", ""), "anyOf": [{"type": "string"}, made]} if reads_whole else made


def _of(model: type[BaseModel]) -> Schema:
    """The schema of one model, whole: nothing in it points elsewhere, so that any part of it can stand anywhere."""
    made = model.model_json_schema(schema_generator=_AsWritten)
    inlined: Schema = _inline(made, made.get("$defs", {}))
    return inlined


def _inline(made: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(made, list):
        return [_inline(item, known) for item in made]
    if not isinstance(made, dict):
        return made
    if "$ref" in made:
        beside = {key: value for key, value in made.items() if key != "$ref"}
        return _inline({**known[made["$ref"].rpartition("/")[2]], **beside}, known)
    # A `title` that pydantic made up says what the key says; one that is a property of that name is a mapping.
    return {
        key: _inline(value, known)
        for key, value in made.items()
        if key != "$defs" and not (key == "title" and isinstance(value, str))
    }


class _AsWritten(GenerateJsonSchema):
    """Values in the form in which people write them."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        return {"type": "string", "pattern": _DURATION}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return _or_reference(super().int_schema(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return _or_reference(super().float_schema(schema))

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return _or_reference(super().bool_schema(schema))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Defaults as people would write them; those of mappings and lists go without saying."""
        made = super().default_schema(schema)
        default = schema.get("default")
        if isinstance(default, timedelta):
            made["default"] = written(default)
        elif not isinstance(default, str | int | float | bool):
            made.pop("default", None)
        return made


def _or_reference(made: JsonSchemaValue) -> JsonSchemaValue:
    """Any value may come from the environment or a file."""
    return {"anyOf": [made, {"type": "string", "pattern": REFERENCE}]}
