"""Checks: kinds, conditions over facts, meanings and detectors."""

from datetime import timedelta

from .northwind import TEXTS, altered, loaded, mistakes

FILE = "checks/payments.yaml"
HTTP = "    http: https://pay.northwind.example/form\n"


def fault(old: str, new: str, file: str = FILE) -> str:
    found = mistakes(altered(file, old, new))
    assert len(found) == 1, found
    return found[0]


def test_a_check_without_a_kind_is_told_the_kinds() -> None:
    assert fault(HTTP, "") == "checks/payments.yaml:9:3: the check `card-form` has no kind, add one: http, tcp"


def test_a_check_with_two_kinds_is_refused_at_the_second() -> None:
    found = fault(HTTP, HTTP + "    tcp: {host: x, port: 1}\n")
    assert found == "checks/payments.yaml:11:5: this check has a kind already, `http`, make it a check of its own"


def test_a_wrong_option_is_pointed_at_inside_the_kind() -> None:
    assert fault("port: 443", "prot: 443, port: 443").startswith(
        "checks/payments.yaml:17:40: unknown key `prot`, did you mean `port`?"
    )
    assert fault(", port: 443", "") == "checks/payments.yaml:17:10: `port` is missing here, add it"


def test_a_condition_must_judge_a_fact_that_the_kind_gives() -> None:
    found = fault("    tcp: {host", "    calm: {certificate_days: 14}\n    tcp: {host")
    assert found.startswith(
        "checks/payments.yaml:17:12: `certificate_days` judges `certificate_days`, which a check of kind `tcp`"
    )


def test_a_condition_of_the_wrong_type_is_pointed_at() -> None:
    assert fault("below_ms: 800", "below_ms: fast").startswith("checks/payments.yaml:13:25: a number is wanted here")


def test_a_meaning_is_of_down_or_degraded_and_a_known_statement() -> None:
    assert fault("degraded: slow", "degraded: slwo").endswith("did you mean `slow`?")
    assert fault("degraded: slow", "slow: slow").startswith("checks/payments.yaml:14:31: `slow` is not known here")


def test_a_service_without_statements_can_mean_none() -> None:
    texts = {file: text for file, text in TEXTS.items() if "statements" not in file}
    assert [message.split(",", 1)[1] for message in mistakes(texts)] == [" there are none yet"] * 2


def test_detectors_are_the_defaults_with_the_checks_own_over_them() -> None:
    found = loaded(altered(FILE, "{outage: {persistence: 0s}}", "{slow: {samples: 9}}"))
    assert found.checks["payments.card-form"].detectors == {
        "outage": {"persistence": "PT5S", "samples": 2, "clears_after": 2},
        "slow": {"persistence": "PT1M", "samples": 9, "clears_after": 2},
    }


def test_without_defaults_every_check_has_the_usual_detectors() -> None:
    text = TEXTS["sentinel.yaml"].split("defaults:")[0]
    check = loaded({**TEXTS, "sentinel.yaml": text}).checks["payments.port"]
    assert set(check.detectors) == {"outage", "slow"}
    assert check.every == timedelta(seconds=30)
    assert check.confirm == tuple(timedelta(seconds=after) for after in (1, 2, 5, 10, 15))


def test_a_mistake_in_the_defaults_is_one_mistake_however_many_checks_there_are() -> None:
    assert fault("samples: 2", "samples: 0", "sentinel.yaml").startswith("sentinel.yaml:21:47: this should be greater")


def test_a_detector_named_and_left_empty_has_its_own_defaults() -> None:
    found = loaded(altered("sentinel.yaml", "slow: {persistence: 60s}", "slow: "))
    assert found.checks["payments.port"].detectors["slow"]["persistence"] == "PT15S"


def test_a_detector_of_one_fact_must_name_a_number_that_the_kind_finds() -> None:
    asked = "detect: {outage: {persistence: 0s}, unusual: {fact: %s}}"
    found = fault("detect: {outage: {persistence: 0s}}", asked % "certificate_day")
    assert found == (
        "checks/payments.yaml:15:57: `unusual` judges `certificate_day`, which is not found by a check of kind `http`, "
        "write `fact:` with one of: certificate_days, status, total_ms"
    )
    assert "`unusual` judges `body`, which is a text" in fault("detect: {outage: {persistence: 0s}}", asked % "body")


def test_a_detector_of_the_defaults_is_left_out_where_its_fact_is_not_found() -> None:
    found = loaded(altered("sentinel.yaml", "slow: {persistence: 60s}", "unusual: {fact: certificate_days}"))
    assert "unusual" in found.checks["payments.card-form"].detectors
    assert "unusual" not in found.checks["payments.port"].detectors


def test_a_check_that_asks_for_it_itself_is_told_though_the_fact_is_of_the_defaults() -> None:
    texts = altered("sentinel.yaml", "slow: {persistence: 60s}", "unusual: {fact: certificate_days}")
    port = "{host: pay.northwind.example, port: 443}"
    texts = {**texts, FILE: texts[FILE].replace(port, port + "\n    detect: {unusual: }")}
    assert [one.split(",")[0] for one in mistakes(texts)] == ["checks/payments.yaml:18:14: `unusual` judges `certificate_days`"]


def test_confirm_may_be_switched_off() -> None:
    assert loaded(altered(FILE, "timeout: 5s", "confirm: []")).checks["payments.card-form"].confirm == ()


def test_a_check_that_is_no_mapping_is_refused() -> None:
    assert "a check is wanted here" in fault("{host: pay.northwind.example, port: 443}", "{host: x, port: 1}\n  other: 5")
