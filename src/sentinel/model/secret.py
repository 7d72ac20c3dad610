"""Secret: a value that shows itself to nobody by accident."""

from typing import Any

from pydantic_core import CoreSchema, core_schema

REFERENCE = r"^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}]+)\}$"


def _written(secret: "Secret", how: core_schema.SerializationInfo) -> str:
    """Dots, unless whoever writes says `context={"reveal": True}`."""
    return secret.reveal() if how.context == {"reveal": True} else "•••"


class Secret:
    """A secret resolved from `${env:NAME}` or `${file:path}`. `repr`, `str`, f-strings and JSON show dots; `reveal()` it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        """In Python only a Secret is one; JSON text is read into one, and written as dots: it cannot be read back."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls, core_schema.str_schema()),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True, when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """For editors: what people write is a reference and never the value."""
        return {"type": "string", "pattern": REFERENCE}

    def __hash__(self) -> int:
        return hash(self._value)
