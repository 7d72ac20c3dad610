"""What people write under `callbacks:` of a channel whose provider reports back over HTTP what became of each message.

Does not belong here: proving and reading a report (exchange/callback.py), what it changes (store/returns.py).
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from sentinel.deliver import signature
from sentinel.model.callback import Callbacks, Signed
from sentinel.model.secret import Secret
from sentinel.model.web import web_address


class Plain(BaseModel):
    """For a provider that signs with a key which it has given."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    secrets: Annotated[tuple[Secret, ...], Field(min_length=1, max_length=2)]
    """References to what the provider signs its reports with; with two, it may use either."""
    url: Annotated[str, AfterValidator(web_address)] | None = None
    """The address under which the provider reaches this hub, where it is not the installation's `url`."""

    @field_validator("url")
    @classmethod
    def _leads_nowhere_else(cls, url: str | None) -> str | None:
        if url is not None and ("?" in url or "#" in url):
            raise ValueError("write the address alone, without a query: /returns/ and the channel's name are added to it")
        return url


class Standard(Plain):
    """For a provider, or a program of your own, that signs as the Standard Webhooks have it."""

    @field_validator("secrets")
    @classmethod
    def _are_keys(cls, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for each in secrets:
            signature.key(each.reveal())
        return secrets


def by_standard(options: Standard | None) -> Callbacks | None:
    """How reports of a channel are proven that are signed as the Standard Webhooks have it."""
    if options is None:
        return None
    keys = tuple(signature.key(each.reveal()) for each in options.secrets)
    return Callbacks(signed=Signed.STANDARD, keys=keys, url=options.url or "")


def by_twilio(options: Plain | None) -> Callbacks | None:
    """How reports of a channel are proven that are signed as Twilio does it."""
    if options is None:
        return None
    keys = tuple(each.reveal().encode() for each in options.secrets)
    return Callbacks(signed=Signed.TWILIO, keys=keys, url=options.url or "", is_told=True)
