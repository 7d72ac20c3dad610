"""The order of the tests: those that take long begin first, so that at the end no process waits for another's."""

import gc
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from schemathesis.pytest.plugin import SchemathesisFunction

# How long an example takes says how busy the machine is; nothing here fails for that.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

gc.disable()  # until the tests are collected
pytest_plugins = ("tests.watchdog",)
LONG = ("browser", "scenario", "docs", "run", "store", "serve", "directory", "cli", "bench", "demo")
"""Folders, those with the longest modules first. (The order needs xdist's --no-loadscope-reorder.)"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=place)
    _name_apart(items)


def _name_apart(items: list[pytest.Item]) -> None:
    """Tests of one name are one to xdist, which then runs one of them and says that all passed. (schemathesis leaves the
    operation out of the id.)"""
    for item in items:
        if isinstance(item, SchemathesisFunction):
            item._id = item.id.with_params(item.operation_label)
    twice = [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]
    if twice:
        raise pytest.UsageError(f"{len(twice)} tests have the name of another: {', '.join(twice[:5])}")


def pytest_collection_finish() -> None:
    """Twelve thousand tests and what they import stay to the end: the collector need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()
