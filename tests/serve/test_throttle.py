"""The throttle by itself."""

from datetime import timedelta

from sentinel.serve.throttle import KEPT, PER_ACCOUNT, PER_NETWORK, WINDOW, Throttle, network_of
from tests.serve.world import NOW

HOME, AWAY = "203.0.113.7", "198.51.100.9"


def test_strangers_cannot_lock_the_lead_out_of_the_network_they_use() -> None:
    throttle = Throttle()
    throttle.succeeded("lena", HOME)
    for _ in range(PER_ACCOUNT):
        throttle.failed("lena", AWAY, NOW)
    assert throttle.wait("lena", AWAY, NOW) == WINDOW
    assert throttle.wait("lena", "192.0.2.1", NOW) == WINDOW, "nor from a third network"
    assert throttle.wait("lena", HOME, NOW) == timedelta(0)


def test_the_wait_ends_when_the_oldest_counted_failure_leaves_the_window() -> None:
    throttle = Throttle()
    for minute in range(PER_ACCOUNT):
        throttle.failed("lena", HOME, NOW + timedelta(minutes=minute))
    assert throttle.wait("lena", HOME, NOW + timedelta(minutes=4)) == WINDOW - timedelta(minutes=4)
    assert throttle.wait("lena", HOME, NOW + WINDOW) == timedelta(0)


def test_a_success_clears_the_account() -> None:
    throttle = Throttle()
    for _ in range(PER_ACCOUNT - 1):
        throttle.failed("lena", HOME, NOW)
    throttle.succeeded("lena", HOME)
    throttle.failed("lena", HOME, NOW)
    assert throttle.wait("lena", HOME, NOW) == timedelta(0)


def test_a_whole_office_behind_one_address_signs_in() -> None:
    throttle = Throttle()
    for number in range(2 * PER_NETWORK):
        assert throttle.wait(f"agent{number}", HOME, NOW) == timedelta(0)
        throttle.failed(f"agent{number}", HOME, NOW)  # as the door does, before it looks at the password
        throttle.succeeded(f"agent{number}", HOME)


def test_a_success_forgives_no_failure_but_its_own() -> None:
    throttle = Throttle()
    for number in range(PER_NETWORK):
        throttle.failed("own", HOME, NOW)
        throttle.succeeded("own", HOME)
        throttle.failed(f"victim{number}", HOME, NOW)
    assert throttle.wait("victim", HOME, NOW) > timedelta(0)


def test_memory_is_bounded_however_many_accounts_are_tried() -> None:
    throttle = Throttle()
    for number in range(KEPT + 500):
        throttle.failed(f"a{number}", HOME, NOW)
    assert len(throttle._failed) <= KEPT


def test_addresses_of_one_network_count_together() -> None:
    assert network_of("203.0.113.7") == network_of("203.0.113.200") == network_of("::ffff:203.0.113.1")
    assert network_of("2001:db8:0:1::1") == network_of("2001:db8:0:ff::2") != network_of("2001:db8:0:100::1")
    assert network_of("not an address") == network_of("")
