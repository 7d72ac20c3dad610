"""What staff call a language."""

import pytest

from sentinel.model.words import name_of


@pytest.mark.parametrize(
    ("tag", "name"), [("en", "English"), ("pt-BR", "Portuguese (pt-BR)"), ("tlh", "tlh"), ("x-ours", "x-ours")]
)
def test_a_language_is_called_by_its_name_where_we_know_it(tag: str, name: str) -> None:
    assert name_of(tag) == name
