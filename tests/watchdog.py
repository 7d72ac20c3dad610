"""A pytest plugin: what hangs after a test failed ends its process, so that the others are told which test it was.

pytest-timeout raises in a test that hangs; pytest's own fault handler (`faulthandler_timeout`) ends one that cannot be raised
in. Both stop watching once the test has failed: a teardown that then waits for ever would hold all the tests with it.
"""

import faulthandler
import os
from typing import Final

import pytest

TEARDOWN: Final = 120.0
"""Seconds for what follows a failure: the fixtures of a test and, with its last one, of its module."""
STDERR: Final = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STDERR] = os.dup(2)  # while a test runs, 2 leads elsewhere


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    if isinstance(node, pytest.Item) and not node.config.getoption("usepdb"):
        seconds = float(os.environ.get("TEST_TEARDOWN", TEARDOWN))
        faulthandler.dump_traceback_later(seconds, exit=True, file=node.config.stash[STDERR])
