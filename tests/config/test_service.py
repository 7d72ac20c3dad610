"""Services: names, references and circles."""

from .northwind import TEXTS, altered, mistakes

OWNER = "title: {en: A}\nowner: {team: Core, person: Ana Ruiz}\n"


def test_a_service_is_named_as_its_file() -> None:
    assert mistakes(altered("checks/ledger.yaml", "service: ledger", "service: books")) == [
        "checks/ledger.yaml:1:10: the service `books` stands in a file named `ledger`, call it `ledger` or rename the file"
    ]


def test_a_service_has_one_file() -> None:
    found = mistakes({**TEXTS, "checks/ledger.yml": TEXTS["checks/ledger.yaml"]})
    assert found == ["checks/ledger.yml:1:1: there is a second file for `ledger`, keep one of the two"]


def test_a_circle_is_shown_whole_and_once() -> None:
    circle = {
        f"checks/{name}.yaml": f"service: {name}\n{OWNER}depends_on: [{on}]\n"
        for name, on in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    found = mistakes({**TEXTS, **circle})
    assert len(found) == 1
    assert "this is a circle: " in found[0]
    assert found[0].split(": ")[2].split(",")[0] in (
        "a needs b needs c needs a",
        "b needs c needs a needs b",
        "c needs a needs b needs c",
    )


def test_two_circles_are_two_mistakes() -> None:
    pairs = (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("e", "e"))
    texts = {f"checks/{name}.yaml": f"service: {name}\n{OWNER}depends_on: [{on}]\n" for name, on in pairs}
    assert len(mistakes({**TEXTS, **texts})) == 3


def test_an_owner_is_required() -> None:
    assert mistakes(altered("checks/ledger.yaml", "owner: {team: Core, person: Ana Ruiz}\n", "")) == [
        "checks/ledger.yaml:1:1: `owner` is missing here, add it"
    ]


def test_a_service_that_tells_customers_has_its_title_in_every_language() -> None:
    assert mistakes(altered("checks/payments.yaml", ", es: Pagos en línea", "")) == [
        "checks/payments.yaml:2:8: the words in `es` are missing, write them under `es:`"
    ]
