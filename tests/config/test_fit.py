"""Nodes against models: types that YAML does not have, and mistakes at their places."""

from datetime import timedelta
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from sentinel.config.fit import data_of, fit
from sentinel.config.problem import Problems
from sentinel.config.reference import fill
from sentinel.config.tree import parse
from sentinel.model.secret import Secret

from .registry import Email, Http, Slack, Strict

Model = TypeVar("Model", bound=BaseModel)
VALUES = {"env:TOKEN": "planted", "env:EMPTY": "", "env:LENGTH": "30s", "env:PORT": "8443"}


class Parts(Strict):
    wait: timedelta | None = None
    waits: tuple[timedelta, ...] = ()
    by_name: dict[str, timedelta] = Field(default_factory=dict)
    port: int = 0
    mode: Literal["a", "b"] = "a"
    inner: "Parts | None" = None
    either: int | list[int] | None = None


def fitted(text: str, model: type[Model]) -> tuple[Model | None, list[str]]:
    problems = Problems()
    node = parse("f.yaml", text, problems)
    assert node
    found = fit(fill(node, VALUES.get, problems), model, problems)
    return found, [str(problem) for problem in problems]


def fault(text: str, model: type[BaseModel]) -> str:
    found, wrong = fitted(text, model)
    assert found is None
    assert len(wrong) == 1, wrong
    return wrong[0]


def test_durations_are_read_wherever_a_timedelta_is_wanted() -> None:
    found, wrong = fitted("{wait: 5m, waits: [1s, 2s], by_name: {x: 2h}, inner: {wait: null}}", Parts)
    assert not wrong
    assert found
    assert (found.wait, found.waits[1]) == (timedelta(minutes=5), timedelta(seconds=2))
    assert found.by_name == {"x": timedelta(hours=2)}


def test_a_bare_number_is_no_duration() -> None:
    assert fault("waits: [1s, 5]", Parts) == "f.yaml:1:13: `5` is not a duration, write it like 500ms, 30s, 5m, 2h or 14d"


def test_a_kind_that_reads_its_own_durations_gets_the_text() -> None:
    found, _ = fitted("{server: x, from: y, pause: abcd}", Email)
    assert found
    assert found.pause == timedelta(seconds=4)


def test_a_reference_may_give_any_type() -> None:
    found, wrong = fitted('{wait: "${env:LENGTH}", port: "${env:PORT}"}', Parts)
    assert (wrong, found and found.wait, found and found.port) == ([], timedelta(seconds=30), 8443)


def test_a_secret_comes_by_reference_alone() -> None:
    found, _ = fitted('{token: "Bearer ${env:TOKEN}", channel: C}', Slack)
    assert found
    assert found.token == Secret("Bearer planted")
    wrong = fault("{token: literal, channel: C}", Slack)
    assert wrong == "f.yaml:1:9: a secret must not be written here, write ${env:NAME} or ${file:path}"
    assert "is empty" in fault('{token: "${env:EMPTY}", channel: C}', Slack)


def test_where_a_secret_or_text_may_stand_each_is_what_it_is() -> None:
    found, _ = fitted('{url: "https://x.example", headers: {A: plain, B: "${env:TOKEN}"}}', Http)
    assert found
    assert found.headers == {"A": "plain", "B": Secret("planted")}


def test_an_unknown_reference_is_one_mistake_and_no_more() -> None:
    assert fault('port: "${env:MISSING}"', Parts).startswith("f.yaml:1:7: `${env:MISSING}` is not set")
    assert fault('{token: "${env:MISSING}", channel: C}', Slack).startswith("f.yaml:1:9: `${env:MISSING}` is not set")
    for text in ("${x}", "${env:}", "${env:A B}", "${file:}", "${env:A"):
        assert "is not a reference" in fault(f'port: "{text}"', Parts)


def test_an_unknown_key_is_pointed_at_and_the_nearest_named() -> None:
    assert fault("inner: {inner: {prot: 1}}", Parts) == "f.yaml:1:17: unknown key `prot`, did you mean `port`?"
    assert fault("{server: x, from: y, from_: z}", Email) == "f.yaml:1:22: unknown key `from_`, did you mean `from`?"


def test_the_alternatives_of_one_place_are_one_mistake() -> None:
    assert fault("either: x", Parts) == (
        "f.yaml:1:9: a whole number is wanted here, or a list is wanted here, write one such as 3"
    )


def test_a_choice_names_the_choices() -> None:
    assert fault("mode: c", Parts) == "f.yaml:1:7: `c` is not known here, use one of: a or b"


def test_a_shorthand_is_left_to_its_kind_and_blamed_where_it_stands() -> None:
    class Holder(Strict):
        http: Http

    found, _ = fitted("http: https://x.example", Holder)
    assert found
    assert found.http.url == "https://x.example"
    assert fault("http: ftp://x.example", Holder).startswith("f.yaml:1:7: ftp://x.example is not a web address")


def test_a_message_of_a_kind_that_quotes_a_secret_is_blotted() -> None:
    assert fault('url: "${env:TOKEN}"', Http) == "f.yaml:1:6: ••• is not a web address, correct it"


def test_plain_data_shows_no_secret_in_its_repr() -> None:
    problems = Problems()
    node = parse("f.yaml", '{url: "https://x.example/${env:TOKEN}", headers: {B: "${env:TOKEN}"}}', problems)
    assert node
    node = fill(node, VALUES.get, problems)
    found = fit(node, Http, problems)
    assert found
    data: dict[str, Any] = data_of(found, node)
    assert data["headers"] == {"B": "planted"}
    assert "planted" not in repr(data) + repr(node)


def test_only_what_was_given_is_kept_where_asked() -> None:
    problems = Problems()
    node = parse("f.yaml", "port: 1", problems)
    assert node
    found = fit(node, Parts, problems)
    assert found
    assert data_of(found, node, only_given=True) == {"port": 1}


def test_models_with_other_settings_fit_too() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    found, _ = fitted("{a: 1, b: {c: [1]}}", Loose)
    assert found
    assert found.model_extra == {"b": {"c": [1]}}
