"""A pytest plugin: what hangs ends its process, so that the others go on and are told which test it was.

pytest-timeout does that for a test and its fixtures until the test has failed: from then on neither it nor pytest's own fault
handler watches, so that a teardown that waits for ever would hold all the tests with it.
"""

import faulthandler
import os
from time import monotonic
from typing import Final

import pytest

TEST, TEARDOWN = 900.0, 120.0
"""Seconds for a test with its fixtures, and for what follows a failure."""
AGAIN: Final = 60.0
"""To arm the watch costs a thread, more than many a test: one that was armed less than so many seconds ago still does."""


class _Watch:
    def __init__(self) -> None:
        self._stderr = os.dup(2)  # while a test runs, 2 leads elsewhere
        self._armed = -AGAIN
        """When it was last armed for tests, on the monotonic clock; below 0, it is not armed for the next one."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        if monotonic() - self._armed >= AGAIN:
            self._arm(TEST + AGAIN)
            self._armed = monotonic()

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector) -> None:
        if isinstance(node, pytest.Item) and not node.config.getoption("usepdb"):
            self._arm(float(os.environ.get("TEST_TEARDOWN", TEARDOWN)))
            self._armed = -AGAIN
        """When it was last armed for tests, on the monotonic clock; below 0, it is not armed for the next one."""

    def pytest_runtest_logfinish(self) -> None:
        if self._armed < 0:
            faulthandler.cancel_dump_traceback_later()

    def pytest_sessionfinish(self) -> None:
        faulthandler.cancel_dump_traceback_later()

    def _arm(self, seconds: float) -> None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._stderr)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Watch())
