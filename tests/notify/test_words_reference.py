"""docs/reference/words.md names every occasion, section, variable, slot and bound."""

from pathlib import Path

from sentinel.notify.facts import CUSTOMER_OCCASIONS
from sentinel.notify.material import NAMES
from sentinel.notify.parts import FORMS
from sentinel.notify.plain import BOUNDS
from sentinel.notify.slots import SLOTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "words.md").read_text(encoding="utf-8")


def test_every_word_that_people_write_is_in_the_reference() -> None:
    for occasion in CUSTOMER_OCCASIONS:
        assert f"`{occasion.value}`" in PAGE
    for name in {name for names in NAMES.values() for name in names}:
        assert f"`{name}`" in PAGE, name
    for slot in SLOTS:
        assert f"{{{slot}}}" in PAGE or slot == "grace_day_3"
    for form in FORMS:
        assert f"== {form} ==" in PAGE
    assert all(f"{BOUNDS[form]:,}" in PAGE for form in ("subject", "short", "text"))
