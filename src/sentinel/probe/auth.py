"""Auth: how an HTTP check says who it is, as people write it.

Belongs here: what is written, and the header that comes of it where it is known from the start. Does not belong here: fetching
a token (oauth.py).
"""

from base64 import b64encode
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sentinel.model.secret import Secret
from sentinel.model.web import web_address

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)
_Line = Annotated[str, Field(max_length=1024, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Basic(BaseModel):
    """Name and password (RFC 7617)."""

    model_config = _STRICT

    user: Annotated[_Line, Field(min_length=1)]
    """The name."""
    password: Secret
    """A reference to the password."""

    @model_validator(mode="after")
    def _has_no_colon(self) -> "Basic":
        if ":" in self.user:
            raise ValueError("a name for basic authentication holds no colon")
        return self


class ClientCredentials(BaseModel):
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token is fetched, and kept until it expires."""

    model_config = _STRICT

    token_url: Annotated[str, Field(max_length=8192), AfterValidator(web_address)]
    """Where tokens are given out."""
    client_id: Annotated[_Line, Field(min_length=1)]
    """Who asks."""
    client_secret: Secret
    """A reference to its secret."""
    scope: _Line = ""
    """What the token is to be good for, with spaces between."""
    audience: _Line = ""
    """For whom it is, where the server asks for that."""
    sent_in: Literal["header", "form"] = "header"
    """Whether id and secret are sent as basic authentication or in the form."""


class Auth(BaseModel):
    """How a check says who it is: one of these."""

    model_config = _STRICT

    basic: Basic | None = None
    """Name and password."""
    bearer: Secret | None = None
    """A reference to a token that is sent as it is."""
    oauth: ClientCredentials | None = None
    """A token that is fetched."""

    @model_validator(mode="after")
    def _is_one(self) -> "Auth":
        if sum(one is not None for one in (self.basic, self.bearer, self.oauth)) != 1:
            raise ValueError("say one of `basic`, `bearer` and `oauth`")
        return self


def header(auth: Auth | None) -> dict[str, str]:
    """The header that is known before anything is asked; empty where a token must be fetched first."""
    if auth is not None and auth.basic is not None:
        return {"Authorization": basic(auth.basic.user, auth.basic.password.reveal())}
    if auth is not None and auth.bearer is not None:
        return {"Authorization": f"Bearer {auth.bearer.reveal()}"}
    return {}


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def secrets(auth: Auth | None) -> tuple[str, ...]:
    """What must not be told, whatever a server repeats."""
    given: list[Any] = []
    if auth is not None:
        given = [auth.basic and auth.basic.password, auth.bearer, auth.oauth and auth.oauth.client_secret]
    return tuple(one.reveal() for one in given if one is not None)
