"""Secret: a value that shows itself to nobody by accident."""


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

    def __hash__(self) -> int:
        return hash(self._value)
