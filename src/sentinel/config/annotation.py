"""Annotations: what a pydantic model expects at each place, read so that YAML values can be given to it in the right type.

Two types cannot be told from YAML alone: a Secret (only ever a reference) and a duration (`30s`).
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator, RootModel, WrapValidator
from pydantic.fields import FieldInfo

_READS_TEXT = (BeforeValidator, PlainValidator, WrapValidator)
_LISTS = (list, tuple, set, frozenset, Sequence, Set)


class TextRead:
    """Stands among the alternatives of a place whose own validator reads the text as written."""


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types that may stand where `annotation` does, unions and `Annotated` taken apart."""
    return tuple(_alternatives(annotation))


def _alternatives(annotation: Any) -> Iterator[Any]:
    annotation = getattr(annotation, "__value__", annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        first, *extra = get_args(annotation)
        if any(isinstance(item, _READS_TEXT) for item in extra):
            yield TextRead
        yield from _alternatives(first)
    elif origin in (Union, UnionType):
        for choice in get_args(annotation):
            yield from _alternatives(choice)
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _alternatives(annotation.model_fields["root"].annotation)
    else:
        yield annotation


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The pydantic models among the alternatives."""
    for choice in alternatives(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            yield choice


def keys(annotation: Any) -> set[str]:
    """The keys that people may write where `annotation` stands."""
    return {key for model in models(annotation) for key, name, field in _fields(model) if key != name or not _alias(field)}


def value_at(annotation: Any, key: str) -> Any:
    """What is expected as the value of `key`: the union of what the alternatives expect."""
    found: list[Any] = []
    for choice in alternatives(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            found += [_field(choice, name, field) for written, name, field in _fields(choice) if written == key]
        elif _origin(choice) in (dict, Mapping) and len(get_args(choice)) == 2:
            found.append(get_args(choice)[1])
    return _union(found)


def item_at(annotation: Any, index: int) -> Any:
    """What is expected as the `index`th item of a list."""
    found: list[Any] = []
    for choice in alternatives(annotation):
        if _origin(choice) in _LISTS:
            arguments = [argument for argument in get_args(choice) if argument is not Ellipsis]
            found += arguments[index : index + 1] or arguments[-1:]
    return _union(found)


def _origin(choice: Any) -> Any:
    return get_origin(choice) or choice


def _union(found: list[Any]) -> Any:
    return Union[tuple(found)] if found else Any  # noqa: UP007 - made of a list that only the running program knows


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str, FieldInfo]]:
    """(key as written, field name, field). The key is the alias where there is one, as with `from`."""
    for name, field in model.model_fields.items():
        alias = _alias(field)
        yield alias or name, name, field
        if alias and model.model_config.get("populate_by_name"):
            yield name, name, field


def _alias(field: FieldInfo) -> str | None:
    alias = field.validation_alias or field.alias
    return alias if isinstance(alias, str) else None


def _field(model: type[BaseModel], name: str, field: FieldInfo) -> Any:
    decorators = model.__pydantic_decorators__.field_validators.values()
    reads = any(name in made.info.fields and made.info.mode != "after" for made in decorators)
    if reads or any(isinstance(item, _READS_TEXT) for item in field.metadata):
        return Annotated[field.annotation, BeforeValidator(lambda value: value)]
    return field.annotation
