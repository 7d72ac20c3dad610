"""What all tests of the public page share."""

import pytest

from sentinel.serve.status import prepared


@pytest.fixture(autouse=True)
def a_busy_machine_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first drawing may take as long as it likes: three seconds are not always enough where four tests share a core."""
    monkeypatch.setattr(prepared, "WAIT_SECONDS", prepared.LOOK_WITHIN + 1)
