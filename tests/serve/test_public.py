"""What needs no credentials."""

from prometheus_client.parser import text_string_to_metric_families

from sentinel.serve.port import Health
from tests.serve import world
from tests.serve.browser import Browser, text_of
from tests.serve.hub import MemoryHub


async def test_alive_and_ready_are_two_questions(stranger: Browser, hub: MemoryHub) -> None:
    assert (await stranger.get("/healthz")).text == "ok\n"
    assert (await stranger.get("/readyz")).json() == {"ready": True, "reasons": []}
    hub.state_of_health = Health(ready=False, reasons=("the store cannot be written",))
    answer = await stranger.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the store cannot be written"])
    assert (await stranger.get("/healthz")).status_code == 200


async def test_metrics_have_our_prefix_units_and_totals(stranger: Browser) -> None:
    answer = await stranger.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert all(name.startswith("sentinel_") for name, *_ in samples)
    assert samples["sentinel_incidents_open", "identified"] == 1
    assert samples["sentinel_incidents_open", "suspected"] == 0
    assert ("sentinel_incidents_open", "resolved") not in samples
    assert samples["sentinel_deliveries", "customers", "accepted"] == 118
    assert samples["sentinel_deliveries", "staff", "dead"] == 0
    assert samples["sentinel_oldest_undelivered_seconds", "customers"] == 12.5
    assert samples["sentinel_checks", "up"] == 4
    assert samples[("sentinel_observations_stored_total",)] == 123456
    assert samples[("sentinel_prober_restarts_total",)] == 2
    assert samples[("sentinel_round_age_seconds",)] == 0.25
    assert samples[("sentinel_hold_on",)] == 0
    assert samples[("sentinel_config_ok",)] == 1


async def test_metrics_speak_openmetrics_when_asked(stranger: Browser) -> None:
    answer = await stranger.client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_what_anybody_may_read_names_nobody(hub: MemoryHub, stranger: Browser) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        text = (await stranger.get(path)).text
        for private in ("Ana", "Lena", "example.org", world.PASSWORD, "operator-token"):
            assert private not in text


async def test_following_the_unsubscribe_link_asks_and_changes_nothing(stranger: Browser, hub: MemoryHub) -> None:
    page = await stranger.get("/u/good-token")
    assert page.status_code == 200
    assert "Stop these messages" in text_of(page)
    assert "No recibir más estos mensajes" in text_of(page)
    assert hub.unsubscribed == []


async def test_one_post_from_the_mail_program_unsubscribes(stranger: Browser, hub: MemoryHub) -> None:
    answer = await stranger.client.post("/u/good-token", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "You will get no more" in text_of(answer)
    assert hub.unsubscribed == ["good-token"]
    assert not answer.cookies


async def test_an_unknown_or_endless_token_is_404(stranger: Browser, hub: MemoryHub) -> None:
    assert (await stranger.client.post("/u/forged")).status_code == 404
    assert (await stranger.client.post("/u/" + "x" * 600)).status_code == 404
    assert hub.unsubscribed == ["forged"]
