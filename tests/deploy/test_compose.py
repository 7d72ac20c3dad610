"""deploy/compose.yaml: nothing runs with more than it needs, no secret is in it, and what it names is there."""

import re
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, page

TEXT = page("deploy/compose.yaml")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONTAINERFILE = page("deploy/Containerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "privileged" not in service
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert name == "directory" or "cap_add" not in service
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_whether_it_is_well_and_its_image_is_no_moving_target(name: str) -> None:
    service = SERVICES[name]
    assert "healthcheck" in service or (name == "sentinel" and "HEALTHCHECK" in CONTAINERFILE)
    assert re.fullmatch(r"[\w./-]+:[\w.-]+", service["image"])
    assert not service["image"].endswith(":latest")


def test_secrets_are_files_and_none_is_written_here() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    assert {secret["file"].rpartition("/")[0] for secret in COMPOSE["secrets"].values()} == {"./secrets"}
    assert (ROOT / "deploy/secrets/.gitignore").read_text().splitlines()[1] == "*"
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or str(value).startswith("/run/secrets/")


def test_what_is_mounted_is_there_or_made_by_the_guide() -> None:
    guide = page("deploy/README.md")
    for service in SERVICES.values():
        for mount in service.get("volumes", ()):
            if mount["type"] == "volume":
                assert mount["source"] in COMPOSE["volumes"]
            else:
                assert mount["read_only"] is True
                source = re.sub(r"\$\{\w+:-(.*)\}", r"\1", mount["source"])
                assert (ROOT / "deploy" / source).exists() or source.removeprefix("./") in guide, source
    for secret in COMPOSE["secrets"]:
        assert secret in guide


def test_the_customers_are_reached_by_the_hub_alone() -> None:
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "back" in service["networks"]} == {"sentinel", "directory"}
    assert SERVICES["directory"]["networks"] == ["back"]
    assert "ports" not in SERVICES["directory"]


def test_monitoring_is_asked_for_and_the_rest_is_not() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"prometheus", "grafana"}


def test_the_store_is_where_the_image_keeps_it() -> None:
    (store,) = (mount for mount in SERVICES["sentinel"]["volumes"] if mount["source"] == "store")
    assert f"VOLUME {store['target']}" in CONTAINERFILE
