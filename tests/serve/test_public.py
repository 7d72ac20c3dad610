"""What needs no credentials."""

import re
from datetime import timedelta
from hashlib import sha256
from importlib import resources

from prometheus_client.parser import text_string_to_metric_families

from sentinel.serve.assets import packaged
from sentinel.serve.port import Health
from sentinel.serve.throttle import KEPT, PINGS_AT_ONCE, PingThrottle
from tests.serve import world
from tests.serve.browser import Browser, Clock, text_of
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


async def test_every_packaged_file_is_served_under_an_address_that_changes_with_it(stranger: Browser) -> None:
    files = packaged()
    for name in ("console.css", "live.js", "icon.svg", "vendor/htmx.min.js", "vendor/htmx-sse.min.js", "vendor/pico.min.css"):
        answer = await stranger.get(files.address(name))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert sha256(answer.content).hexdigest().startswith(files.address(name).partition("=")[2])
    older = await stranger.get("/static/console.css?v=000000000000")
    assert older.headers["cache-control"] == "public, max-age=300"


async def test_what_is_no_page_s_business_is_not_served(stranger: Browser) -> None:
    for name in ("vendor/README.md", "vendor/pico.LICENSE", "../app.py", "%2e%2e/app.py", "vendor", "vendor/", ""):
        assert (await stranger.get(f"/static/{name}")).status_code == 404, name


def test_what_others_wrote_is_as_it_came() -> None:
    folder = resources.files("sentinel.serve") / "static" / "vendor"
    noted = re.findall(r"^ {4}([0-9a-f]{64}) +(\S+)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert {name for _, name in noted} == {each.name for each in folder.iterdir() if each.name.endswith((".js", ".css"))}
    for digest, name in noted:
        assert sha256((folder / name).read_bytes()).hexdigest() == digest, name


async def test_a_flood_of_pings_with_one_token_is_held_back_and_no_other_token_feels_it(
    stranger: Browser, hub: MemoryHub, clock: Clock
) -> None:
    flooded, quiet = "/ping/a-token-of-22-letters-x", "/ping/another-of-22-letters-y"
    answers = [await stranger.client.post(flooded) for _ in range(PINGS_AT_ONCE + 20)]
    assert [each.status_code for each in answers] == [200] * PINGS_AT_ONCE + [429] * 20
    assert answers[-1].headers["retry-after"] == "1"
    assert hub.writes == PINGS_AT_ONCE, "what is held back does not reach the store"
    assert (await stranger.client.get(quiet)).status_code == 200
    clock.now += timedelta(seconds=int(answers[-1].headers["retry-after"]))
    assert [(await stranger.client.post(flooded)).status_code for _ in range(2)] == [200, 429]
    clock.now -= timedelta(hours=1)
    assert (await stranger.client.post(flooded)).status_code == 429, "a clock that was set back fills nothing"
    assert (await stranger.client.post(quiet)).status_code == 200


def test_tokens_that_are_made_up_push_no_real_one_out_and_the_memory_is_bounded() -> None:
    throttle = PingThrottle()
    while not throttle.take("real", world.NOW):
        pass
    for number in range(KEPT * 2):
        assert not throttle.take(f"made up {number}", world.NOW)
        throttle.forget(f"made up {number}")
    assert throttle.take("real", world.NOW)
    for number in range(KEPT * 2):
        throttle.take(f"real {number}", world.NOW)
    assert len(throttle._buckets) == KEPT
