"""The published matrix: every route by every role, from what the routes themselves declare. docs/reference/roles.md holds it.

Belongs here: reading the needs of routes, and laying them out as tables of Markdown. Deciding anything: the gates do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from starlette.routing import BaseRoute, Route

from sentinel.model.account import GIVES, OPENS, RIGHT_OF, RIGHTS, Right, Role
from sentinel.serve.gate import Need, Needs

YES, NO = "yes", "·"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruled:
    """One thing that can be asked, and what it needs. Of programs, by a token: `is_api`."""

    method: str
    path: str
    need: Needs

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/v1/") or self.path == "/probe"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def ruled(routes: Iterable[BaseRoute]) -> list[Ruled]:
    """Every route by every method it takes, HEAD left out: it is a GET. Raises ValueError for one without a need."""
    return sorted(_each(routes), key=lambda one: (one.is_api, one.path, one.method))


def lets_in(need: Needs, role: Role | None) -> bool:
    """Whether the console's gate lets this role through; None: somebody who is not signed in."""
    if need in (Need.NOBODY, Need.OWN_PAGE):
        return True
    return role is not None and (need is Need.SIGNED_IN or need in RIGHTS[role])


def lets_program_in(need: Needs, scopes: frozenset[Right]) -> bool:
    """Whether the API's door lets a token with these scopes through."""
    return need in scopes or need in (Need.NOBODY, Need.SIGNED_IN)


def tables(routes: Iterable[BaseRoute]) -> str:
    """All tables of the page, as Markdown."""
    every = ruled(routes)
    pages = [one for one in every if not one.is_api]
    programs = [one for one in every if one.is_api]
    return "\n".join(
        [
            "### Roles\n",
            _table(["role", "for"], [[f"`{role}`", words] for role, words in GIVES.items()]),
            "### Rights by role\n",
            _table(["right", *Role, "opens"], [[f"`{right}`", *_roles(right), words] for right, words in OPENS.items()]),
            "### Commands\n",
            _table(["command", "right"], sorted([f"`{_do(kind)}`", f"`{right}`"] for kind, right in RIGHT_OF.items())),
            "### Pages\n",
            _table(["route", "needs", "nobody", *Role], [[*_head(one), *_cells(one.need)] for one in pages]),
            "### API\n",
            _table(["route", "scope of the token"], [_head(one) for one in programs]),
        ]
    )


def _each(routes: Iterable[BaseRoute]) -> Iterator[Ruled]:
    for route in routes:
        need = getattr(route, "need", None)
        if not isinstance(route, Route) or not isinstance(need, Need | Right):
            raise ValueError(f"{route} does not declare what it needs")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield Ruled(method=method, path=route.path, need=need)


def _cells(need: Needs) -> list[str]:
    return [YES if lets_in(need, role) else NO for role in (None, *Role)]


def _roles(right: Right) -> list[str]:
    return [YES if right in RIGHTS[role] else NO for role in Role]


_WORDS = {Need.NOBODY: "nothing", Need.OWN_PAGE: "a form of ours", Need.SIGNED_IN: "a sign-in", Need.OPERATOR: "the operator"}


def _head(one: Ruled) -> list[str]:
    if isinstance(one.need, Right):
        return [f"`{one.name}`", f"`{one.need}`"]
    return [f"`{one.name}`", "any" if one.is_api and one.need is Need.SIGNED_IN else _WORDS[one.need]]


def _do(kind: type) -> str:
    return next(str(field.default) for field in fields(kind) if field.name == "do")


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
