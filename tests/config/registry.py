"""A small registry of kinds: what the rooms' files would give, so that config is tested on its own port."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from sentinel.model.kinds import FactType, Kinds, Room
from sentinel.model.notice import Towards
from sentinel.model.secret import Secret


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, frozen=True)


class Http(Strict):
    """Has a shorthand: the URL alone."""

    url: str
    method: str = "GET"
    headers: dict[str, str | Secret] = {}
    redirects: Annotated[int, Field(ge=0, le=3)] = 0

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _web(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value} is not a web address")
        return value


class Tcp(Strict):
    host: str
    port: int


class Body(Strict):
    contains: str


class Conditions(Strict):
    status: int | tuple[int, ...] | None = None
    body: Body | None = None
    below_ms: Annotated[float, Field(gt=0)] | None = None
    certificate_days: int | None = None
    json_: dict[str, str] | None = Field(default=None, alias="json")


class Detector(Strict):
    persistence: timedelta = timedelta(seconds=15)
    samples: Annotated[int, Field(ge=1)] = 3
    clears_after: int = 2


class Learner(Strict):
    fact: str = "total_ms"


def _own_reading(value: Any, info: ValidationInfo) -> Any:
    assert isinstance(value, str), f"{info.field_name} reads the text as it is written"
    return timedelta(seconds=len(value))


class Email(Strict):
    server: str
    from_: str = Field(alias="from")
    to: str | None = None
    bounces: str | None = None
    password: Secret | None = None
    pause: Annotated[timedelta, BeforeValidator(_own_reading)] = timedelta(0)


class Slack(Strict):
    token: Secret
    channel: str
    base_url: str = "https://slack.com/api/"


class OwnKinds:
    """Satisfies the port `Kinds`."""

    rooms: Mapping[Room, Mapping[str, type[BaseModel]]] = {
        "probe": {"http": Http, "tcp": Tcp},
        "detect": {"outage": Detector, "slow": Detector, "unusual": Learner},
        "channel": {"email": Email, "slack": Slack},
    }

    def names(self, room: Room) -> tuple[str, ...]:
        return tuple(sorted(self.rooms[room]))

    def options(self, room: Room, name: str) -> type[BaseModel]:
        return self.rooms[room][name]

    def facts(self, probe: str, options: Mapping[str, Any] | None = None) -> Mapping[str, FactType]:
        http: dict[str, FactType] = {"status": "number", "body": "text", "total_ms": "number", "certificate_days": "number"}
        return http if probe == "http" else {"total_ms": "number"}

    def unknown_in(self, expression: str, gives: Mapping[str, FactType]) -> str:
        return "" if any(name in expression for name in gives) else "there is no such fact"

    def compared(self) -> Mapping[FactType, frozenset[str]]:
        return {"number": frozenset({"is", "below"}), "text": frozenset({"is", "contains"}), "yes or no": frozenset({"is"})}

    def conditions(self) -> type[BaseModel]:
        return Conditions

    def needs(self) -> Mapping[str, str]:
        return {
            "status": "status",
            "body": "body",
            "below_ms": "total_ms",
            "certificate_days": "certificate_days",
            "json": "body",
        }

    def reaches(self, channel: str, options: Any) -> frozenset[Towards]:
        if channel == "slack":
            return frozenset({Towards.STAFF})
        return frozenset({Towards.CUSTOMERS} if options.to is None else Towards)


KINDS: Kinds = OwnKinds()
