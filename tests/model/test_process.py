"""How the hubs of one place divide its checks."""

from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.process import share_of

names = st.text("abcdef0123456789", min_size=1, max_size=8)


@given(hubs=st.sets(names, min_size=1, max_size=6), checks=st.sets(names, max_size=40))
def test_every_check_has_exactly_one_hub(hubs: set[str], checks: set[str]) -> None:
    shares = [share_of(hub, hubs, checks) for hub in hubs]
    assert sum(len(share) for share in shares) == len(checks)
    assert frozenset[str]().union(*shares) == checks


@given(hubs=st.sets(names, min_size=2, max_size=6), checks=st.sets(names, max_size=40))
def test_a_hub_that_goes_moves_no_check_but_its_own(hubs: set[str], checks: set[str]) -> None:
    gone, *rest = sorted(hubs)
    for hub in rest:
        before, after = share_of(hub, hubs, checks), share_of(hub, set(rest), checks)
        assert before <= after
        assert after - before <= share_of(gone, hubs, checks)


def test_checks_are_spread_evenly_and_alike_whoever_asks() -> None:
    checks = {f"service-{number}.check" for number in range(900)}
    shares = {hub: share_of(hub, {"a", "b", "c"}, checks) for hub in "abc"}
    assert all(240 < len(share) < 360 for share in shares.values())
    assert share_of("a", {"b", "c"}, checks) == shares["a"], "a hub that nobody has heard of yet counts itself"


def test_a_hub_that_is_alone_probes_everything() -> None:
    assert share_of("a", set(), {"x", "y"}) == {"x", "y"}
