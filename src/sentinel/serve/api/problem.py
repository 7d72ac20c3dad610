"""Everything that the API says no with: one shape, problem+json (RFC 9457), whatever went wrong.

Belongs here: the record, how it is raised and how it is answered. Does not belong here: which operation may answer what
(document.py), or the pages' way of saying no (app.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from sentinel.model.command import Refused
from sentinel.serve.port import status_of
from sentinel.serve.telling import sentence

MOST_FAULTS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing wrong with a request: `pointer` into its body (RFC 6901, "" is the whole), or the `parameter` it stands in."""

    what: str
    pointer: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """RFC 9457. `code` is for programs, `detail` for people; `faults` lists all that is wrong with what was sent."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"
    faults: tuple[Fault, ...] = ()


class ProblemError(Exception):
    """Carries a problem out of wherever it is found to where it is answered."""

    def __init__(
        self, status: int, code: str, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)[:MOST_FAULTS]
        self.headers = dict(headers or {})


def refusal(refused: Refused) -> ProblemError:
    """What the hub itself refused."""
    status = status_of(refused)
    return ProblemError(status, refused.code, sentence(refused.why), headers={"retry-after": "1"} if status == 503 else None)


def not_valid(faults: Sequence[Fault]) -> ProblemError:
    """What does not fit the document. The first fault stands in the detail, for readers who look no further."""
    first = faults[0]
    where = f"parameter {first.parameter}" if first.pointer is None else first.pointer or "body"
    return ProblemError(422, "invalid", sentence(f"{where}: {first.what}"), faults)


def no_such_thing() -> ProblemError:
    return ProblemError(404, "unknown", "There is no such thing.")


_PROBLEM: TypeAdapter[Problem] = TypeAdapter(Problem)


def problem(
    status: int, detail: str, code: str, headers: Mapping[str, str] | None = None, faults: tuple[Fault, ...] = ()
) -> Response:
    """One problem+json answer."""
    body = Problem(status=status, title=HTTPStatus(status).phrase, detail=detail, code=code, faults=faults)
    shown = _PROBLEM.dump_python(body, mode="json", exclude_none=True)
    return JSONResponse(shown, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def answer_problems(app: FastAPI) -> None:
    """How problems and unreadable parameters are answered. (Plain HTTP errors: see app.py, which knows both faces.)"""

    async def raised(request: Request, error: Exception) -> Response:
        if not isinstance(error, ProblemError):
            raise error
        return problem(error.status, error.detail, error.code, error.headers, error.faults)

    async def parameters(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        found = not_valid([_fault(each) for each in error.errors()])
        return problem(found.status, found.detail, found.code, faults=found.faults)

    app.add_exception_handler(ProblemError, raised)
    app.add_exception_handler(RequestValidationError, parameters)


def _fault(error: Mapping[str, Any]) -> Fault:
    return Fault(what=str(error["msg"]), parameter=str(error["loc"][-1]))
