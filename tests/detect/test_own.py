"""Own trouble is found from facts, raised once it lasts, told once, and over once it has stayed away."""

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect import own
from sentinel.detect.audit import Pulse, audit
from sentinel.detect.own import Held, Signs
from sentinel.detect.place import Canary, sight
from sentinel.model.signal import Hysteresis
from sentinel.model.trouble import Trouble

from .samples import at

WELL = Signs(place="hub", free=10**9, reserve=10**6, prober_age=0.5)


def failing(*reasons: str) -> Signs:
    canaries = [
        Canary(name=str(number), held=Hysteresis(bad_since=at(0), bad_samples=1, raised_since=at(0)), seen_at=at(1), reason=why)
        for number, why in enumerate(reasons)
    ]
    return Signs(place="hub", sight=sight(canaries), canaries_age=1.0)


def test_all_well_is_no_trouble() -> None:
    assert own.present(WELL) == {}


def test_each_sign_has_its_trouble() -> None:
    signs = Signs(
        place="hub", free=5, reserve=6, store_took=9.0, prober_age=99.0, broken={"cs-slack": "invalid_auth"}, jumped=-3600.0,
        audit=("no round has run for a while",), waiting={"cs-mail": 90.0}, aside=("incident 2",),
        returns="imap.example:993: no answer in time",
    )  # fmt: skip
    assert set(own.present(signs)) == {
        "disk-low", "store-slow", "prober", "channel:cs-slack", "channel:cs-mail", "clock-jump", "audit", "aside", "returns",
    }  # fmt: skip
    alone = Signs(place="hub", unheard=("incident 1",), waiting={"cs-slack": 90.0, "cs-mail": 90.0})
    assert set(own.present(alone)) == {"unheard"}, "that no channel took it says more"
    assert set(own.present(Signs(place="hub", store_why="the disk is full"))) == {"store-away"}


def test_a_blind_place_is_named_and_a_dead_resolver_is_told_apart() -> None:
    """F24, F42."""
    assert set(own.present(failing("connection refused", "timed out", ""))) == {"place-blind:hub"}
    silent = "the name x was not found: our own resolver does not answer"
    assert set(own.present(failing(silent, silent, silent))) == {"resolver:hub"}


def test_canaries_that_nobody_looks_at_are_trouble_themselves() -> None:
    canaries = sight([Canary(name=name) for name in "abc"])
    assert set(own.present(Signs(place="hub", sight=canaries))) == {"canaries-silent"}


def walk(*looks: tuple[float, bool], name: str = "place-blind:hub") -> list[tuple[float, bool]]:
    """(second, raised) after each look at which the trouble was present or not."""
    held: dict[str, Held] = {}
    seen = []
    for second, there in looks:
        held = own.advance(held, {name: "why"} if there else {}, at(second), second)
        seen.append((second, name in held and held[name].raised))
    return seen


def test_it_is_raised_once_it_lasts_and_over_once_it_stays_away() -> None:
    looks = [(second, 10 <= second < 40) for second in range(0, 80, 2)]
    raised = [second for second, is_raised in walk(*[(float(s), t) for s, t in looks]) if is_raised]
    assert (raised[0], raised[-1]) == (20.0, 58.0)


def test_what_passes_quickly_is_never_raised() -> None:
    assert not any(raised for _, raised in walk((0, True), (2, True), (4, False), (6, True), (8, False)))


def test_it_is_one_trouble_while_it_comes_and_goes() -> None:
    held = own.advance({}, {"disk-low": "a"}, at(0), 0.0)
    assert held["disk-low"].raised
    for second in range(2, 60, 2):
        held = own.advance(held, {"disk-low": "b"} if second % 8 == 0 else {}, at(second), float(second))
        assert held["disk-low"].since_at == at(0)


@given(st.lists(st.tuples(st.floats(0.1, 50), st.booleans()), max_size=60))
def test_nothing_is_over_that_was_there_a_moment_ago(looks: list[tuple[float, bool]]) -> None:
    held: dict[str, Held] = {}
    now, last = 0.0, float("-inf")
    for gap, there in looks:
        now += gap
        before = held
        held = own.advance(held, {"disk-low": "x"} if there else {}, at(now), now)
        last = now if there else last
        if "disk-low" in before and "disk-low" not in held:
            assert now - last >= own.PATIENCE[Trouble.DISK_LOW][1]


def test_every_kind_has_its_patience() -> None:
    assert set(own.PATIENCE) == set(Trouble)


GOOD = Pulse(read=True, round_age=0.5, prober_age=1.0)


def test_a_good_pulse_passes() -> None:
    assert audit(GOOD, 60.0) == ()


def test_each_thing_that_is_late_fails_the_audit() -> None:
    """F44."""
    late = [
        Pulse(read=False, round_age=0.5),
        Pulse(read=True, round_age=None),
        Pulse(read=True, round_age=11.0),
        Pulse(read=True, round_age=0.1, prober_age=31.0),
        Pulse(read=True, round_age=0.1, lag=6.0),
        Pulse(read=True, round_age=0.1, waiting=(("staff", 61.0),)),
        Pulse(read=True, round_age=0.1, canary=61.0),
        Pulse(read=True, round_age=0.1, untold_incidents=1),
        Pulse(read=True, round_age=0.1, unsettled_promises=1),
        Pulse(read=True, round_age=0.1, unexpanded_notices=1),
        Pulse(read=True, round_age=0.1, lapsed_leases=1),
    ]
    assert all(len(audit(pulse, 60.0)) == 1 for pulse in late)
    assert len({audit(pulse, 60.0) for pulse in late}) == len(late) - 1  # a round that never ran is one that is late


def test_of_an_agent_of_which_nobody_can_say_what_was_wrong_goes_on_and_nothing_begins() -> None:
    """A hub that begins to listen anew has heard of none: that is no word of its return, and no word of its loss."""
    name = "agent:madrid-1"
    known = Signs(place="hub", agents={"madrid-1": 31.0, "vigo-2": 1.0})
    held = own.advance({}, own.present(known), at(0), 0.0)
    dim = Signs(place="hub", agents={"madrid-1": None, "vigo-2": None})
    for second in (2.0, 14.0, 26.0, 38.0):
        held = own.advance(held, own.present(dim) | own.unsure(held, dim), at(second), second)
        assert (set(held), held[name].left) == ({name}, None)
    heard = Signs(place="hub", agents={"madrid-1": 0.5, "vigo-2": 1.0})
    for second in (60.0, 71.0):
        held = own.advance(held, own.present(heard) | own.unsure(held, heard), at(second), second)
    assert held == {}


def test_two_long_names_of_troubles_are_two() -> None:
    names = {own.short(f"warning:hook_warns:{'x' * 200}{end}", 160) for end in "ab"}
    assert len(names) == 2
    assert all(len(name) == 160 for name in names)
    assert own.short("prober", 160) == "prober"
