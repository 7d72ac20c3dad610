"""Unsubscribe tokens: opaque, stable, and nobody's but ours."""

from hypothesis import given
from hypothesis import strategies as st

from sentinel.deliver.unsubscribe import person_of, token

SECRET = b"0123456789abcdef0123456789abcdef"
PEOPLE = st.text(min_size=1, max_size=128).filter(lambda text: text.encode(errors="replace").decode() == text)


@given(PEOPLE)
def test_a_token_names_its_person_and_stands_in_a_url_as_it_is(person: str) -> None:
    made = token(SECRET, person)
    assert person_of(SECRET, made) == person
    assert made == token(SECRET, person)
    assert all(each.isalnum() or each in "-_" for each in made)


@given(PEOPLE, st.integers(0, 200), st.sampled_from("AZaz09-_"))
def test_an_altered_token_is_nobodys(person: str, at: int, other: str) -> None:
    made = token(SECRET, person)
    at %= len(made)
    altered = made[:at] + other + made[at + 1 :]
    assert person_of(SECRET, altered) in (None, person)  # the last character may hold bits that mean nothing
    if at < len(made) - 1 and altered != made:
        assert person_of(SECRET, altered) is None


def test_tokens_show_nothing_of_the_person_and_differ_by_secret() -> None:
    assert "12345" not in token(SECRET, "policy-12345")
    assert token(SECRET, "policy-12345")[:16] != token(SECRET, "policy-12346")[:16]
    assert person_of(b"another secret", token(SECRET, "ada")) is None


@given(st.text(max_size=2000))
def test_nonsense_is_nobodys(nonsense: str) -> None:
    assert person_of(SECRET, nonsense) is None
