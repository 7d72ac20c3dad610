"""`sentinel test`: people's tests run on the hub's own decisions; what differs is shown at its line."""

import json
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.run.kinds import FoundKinds
from tests.docs.pages import page
from tests.docs.test_examples import installation, yaml_of

CHECK = "pay-your-premium.page"


def sentinel(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sentinel init` writes."""
    folder = tmp_path_factory.mktemp("installation")
    made = sentinel(
        "init", str(folder), "--yes", "--brand", "Northwind", "--title", "Pay your premium", "--zone", "Europe/Madrid"
    )
    assert made.exit_code == 0
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """An installation of each test's own."""
    place = tmp_path / "northwind"
    copytree(written, place)
    for file in (place / "tests").iterdir():
        file.unlink()
    return place


def run(folder: Path, text: str, *words: str) -> Result:
    (folder / "tests/mine.yaml").write_text(text)
    return sentinel("test", str(folder), *words)


def one(samples: str, expect: str, more: str = "") -> str:
    return f"- test: mine\n  {more}\n  samples: {{{CHECK}: {samples}}}\n  expect: [{{{expect}}}]\n"


def test_the_test_that_init_writes_passes(written: Path) -> None:
    made = sentinel("test", str(written))
    assert made.exit_code == 0, made.output
    assert "tests pass" in made.output


def test_the_way_from_a_failure_to_the_words_and_back_is_the_hubs_own(folder: Path) -> None:
    made = run(
        folder,
        f"""
- test: the whole way
  samples:
    {CHECK}: up x5, down for 2m, up for 10m
  expect:
    - {{at: 2m, signals: [], incident: none, staff: [], customers: []}}
    - at: 3m30s
      signals: [{{check: {CHECK}, detector: outage, since: "10:02:30", means: pay-your-premium.cannot_use, place: hub}}]
      incident: {{phase: suspected, root: pay-your-premium, services: [pay-your-premium], felt: [pay-your-premium.cannot_use],
                  impact: major_outage, began: 2m30s}}
      staff: [suspected]
      customers: [{{occasion: opened, says: [Pay your premium cannot be used at the moment], lacks: [HTTP], language: en}}]
      promise: none
      next_word: "11:15"
    - {{at: 14m, signals: [], incident: {{phase: resolved, recovered: 4m30s}}}}
""",
    )
    assert made.exit_code == 0, made.output


def test_the_tests_that_the_guide_shows_pass_on_the_checks_that_it_shows(tmp_path: Path) -> None:
    installation(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/payments.yaml").write_text(yaml_of("docs/how-to/test-your-checks.md", begins="# tests/payments.yaml"))
    made = sentinel("test", str(tmp_path))
    assert made.exit_code == 0, made.output + made.stderr


def test_a_difference_is_shown_with_its_line_and_both_sides(folder: Path) -> None:
    made = run(
        folder,
        f"- test: too soon\n  samples:\n    {CHECK}: down x2\n  expect:\n    - at: 30s\n      signals: [{CHECK} outage]\n",
    )
    assert made.exit_code == 1
    lines = made.output.splitlines()
    assert lines[:4] == [
        "FAILS tests/mine.yaml:1: too soon",
        "  tests/mine.yaml:6: signals, 0:00:30 after the start",
        f"    - {CHECK} outage",
        "    + none",
    ]
    assert "0 of 1 test passes" in made.output


NOT_SO = [
    ("down x3", f"at: 1m, signals: [{CHECK} slow]"),
    ("down x3", "at: 1m, signals: []"),
    ("down x3", "at: 1m, incident: none"),
    ("up x3", "at: 1m, incident: {phase: suspected}"),
    ("down x3", "at: 1m, incident: {phase: investigating}"),
    ("down x3", "at: 1m, incident: {felt: [pay-your-premium.slow]}"),
    ("down x3", "at: 1m, incident: {began: 30s}"),
    ("down x3", "at: 1m, staff: []"),
    ("down x3", "at: 1m, customers: [closed]"),
    ("down x3", "at: 1m, customers: [{occasion: opened, says: [these words are not there]}]"),
    ("down x3", "at: 1m, customers: [{occasion: opened, lacks: [Pay your premium]}]"),
    ("down x3", "at: 1m, promise: 2h"),
    ("down x3", "at: 1m, next_word: none"),
    ("up x3", "at: 1m, promise: none"),
]


def test_whatever_is_not_so_fails(folder: Path) -> None:
    made = run(folder, "".join(one(samples, expect) for samples, expect in NOT_SO), "--json")
    assert made.exit_code == 1
    found = [len(each["failures"]) for each in json.loads(made.output)["tests"]]
    assert [NOT_SO[at] for at, failures in enumerate(found) if failures != 1] == []


ALIKE = [
    "down x3",
    "down 3x",
    "downx3",
    "down for 90s",
    "down, down, down",
    "[down, down x2]",
    "status=503 total_ms=40 x3",
    "[{facts: {status: 503, total_ms: 40}, times: 3}]",
    "[{facts: {status: 503}, lasts: 90s}]",
    'down reason="connection refused" x3',
    "_ x2, status=500+1 x3",
]


def test_samples_are_written_in_many_ways(folder: Path) -> None:
    text = ""
    for samples in ALIKE:
        at = "2m" if "_ x2" in samples else "1m"
        text += one(samples if samples.startswith("[") else f"'{samples}'", f"at: {at}, signals: [{CHECK} outage]")
    made = run(folder, text)
    assert made.exit_code == 0, made.output


def test_what_happens_between_two_looks_is_not_missed(folder: Path) -> None:
    made = run(folder, one("'up x5, down x4, up x4'", "at: 6m, signals: [], incident: {recovered: 4m30s, began: 2m30s}"))
    assert made.exit_code == 0, made.output


def test_facts_are_judged_by_the_checks_own_assertions(folder: Path) -> None:
    slow = one("status=200 total_ms=3500 x4", f"at: 90s, signals: [{CHECK} slow]")
    fast = one("status=200 total_ms=2500 x4", "at: 90s, signals: []")
    made = run(folder, slow + fast)
    assert made.exit_code == 0, made.output


def test_tests_know_nothing_of_each_other(folder: Path) -> None:
    ill = one("down x3", f"at: 1m, incident: {{phase: suspected}}, signals: [{CHECK} outage]")
    well = one("up x3", "at: 1m, incident: none, signals: [], staff: []")
    made = run(folder, ill + well + ill + well)
    assert made.exit_code == 0, made.output


def test_several_places_agree_or_do_not(folder: Path) -> None:
    main_file = folder / "sentinel.yaml"
    main_file.write_text(main_file.read_text() + "\nplaces: {madrid: {}, oslo: {}}\n")
    two = (
        "{"
        + ", ".join(f"{CHECK}{at}: {seen}" for at, seen in (("", "down x4"), ("@madrid", "down x4"), ("@oslo", "up x4")))
        + "}"
    )
    alone = two.replace("@madrid: down", "@madrid: up")
    made = run(
        folder,
        f"- test: two of three\n  samples: {two}\n  expect: [{{at: 90s, incident: {{phase: investigating}}}}]\n"
        f"- test: one of three\n  samples: {alone}\n  expect: [{{at: 90s, incident: {{phase: suspected}}}}]\n",
    )
    assert made.exit_code == 0, made.output


def test_a_place_whose_canaries_fail_claims_nothing(folder: Path) -> None:
    main_file = folder / "sentinel.yaml"
    canaries = "canaries: ['tcp://192.0.2.1:443', 'tcp://192.0.2.2:443', 'tcp://192.0.2.3:443']"
    main_file.write_text(main_file.read_text().replace("canaries: []", canaries))
    blind = f"- test: blind\n  samples: {{{CHECK}: down x4, canaries: down x10}}\n  expect: [{{at: 90s, signals: []}}]\n"
    made = run(folder, blind + one("down x4", f"at: 90s, signals: [{CHECK} outage]"))
    assert made.exit_code == 0, made.output


def test_one_clock_counts_across_a_change_of_the_hour(folder: Path) -> None:
    made = run(folder, one("up for 150m", "at: '03:15', signals: [], incident: none", "start: 2026-03-29 01:30\n  every: 10m"))
    assert made.exit_code == 0, made.output
    late = run(folder, one("up for 30m", "at: '03:15', signals: []", "start: 2026-03-29 01:30\n  every: 10m"))
    assert "write more samples" in late.stderr  # 45 minutes on the clock alone: it skips an hour, and 15 minutes are left over


MISTAKEN = [
    ("test: mine\n", ":1:1: a list of tests is wanted here"),
    ("- tset: mine\n", "unknown key `tset`, did you mean `test`?"),
    (one("dwon x3", "at: 1m"), "`dwon` is no sample, did you mean `down`?"),
    (one("up x0", "at: 0"), "0 samples are not between 1 and"),
    (one("stauts=200", "at: 0"), "a check of kind `http` does not find `stauts`, did you mean `status`?"),
    (
        one("up x3", "at: 1m, signals: [pay-your-premium.pgae outage]"),
        "unknown check `pay-your-premium.pgae`, did you mean",
    ),
    (one("up x3", f"at: 1m, signals: [{CHECK} outgae]"), "unknown detector `outgae`, did you mean `outage`?"),
    (one("up x3", "at: 1m, customers: [opend]"), "unknown occasion `opend`, did you mean `opened`?"),
    (one("up x3", "at: 1m, incident: {felt: [x.y]}"), "unknown statement `x.y`"),
    (one("up x3", "at: soon"), "`soon` is no time"),
    (one("up x3", "at: 10m"), "the samples end 90 s after the start"),
    (one("up x3", "at: 1m", "start: yesterday"), "`yesterday` is no instant"),
    ("- test: mine\n  samples: {nothing: up}\n  expect: [{at: 0}]\n", "there is no check `nothing`"),
    (f"- test: mine\n  samples: {{{CHECK}@nowhere: up}}\n  expect: [{{at: 0}}]\n", "there is no place `nowhere`"),
]


def test_every_mistake_is_named_with_its_place_and_what_to_do(folder: Path) -> None:
    for at, (text, _) in enumerate(MISTAKEN):
        (folder / f"tests/{at:02}.yaml").write_text(text)
    made = sentinel("test", str(folder))
    assert made.exit_code == 2
    said = made.stderr.splitlines()
    for at, (_, says) in enumerate(MISTAKEN):
        assert any(line.startswith(f"tests/{at:02}.yaml:") and says in line for line in said), f"{says}: {made.stderr}"


def test_no_test_is_no_success(folder: Path) -> None:
    nothing = sentinel("test", str(folder))
    assert nothing.exit_code == 2
    assert "tests/*.yaml" in nothing.stderr
    assert run(folder, one("up", "at: 0"), "--only", "another").exit_code == 2


def test_junit_is_what_ci_servers_read(folder: Path, tmp_path: Path) -> None:
    text = one("up x3", "at: 1m, signals: []") + one("up x3", f"at: 1m, signals: [{CHECK} outage]").replace(
        "mine", "<&> wrong", 1
    )
    made = run(folder, text, "--junit", str(tmp_path / "report.xml"))
    assert made.exit_code == 1
    root = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["mine", "<&> wrong"]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.text == f"- {CHECK} outage\n+ none"
    assert "tests/mine.yaml:8" in str(failure.get("message"))


def test_every_detector_can_be_named(folder: Path) -> None:
    names = FoundKinds().names("detect")
    made = run(folder, "".join(one("up", f"at: 0, signals: [{CHECK} {name}]") for name in names), "--json")
    assert json.loads(made.output)["failed"] == len(names)


def test_every_key_is_documented() -> None:
    from sentinel.config.shape import trial

    text = page("docs/reference/tests.md")
    shapes = (
        trial.TrialShape,
        trial.StepShape,
        trial.ExpectShape,
        trial.SignalShape,
        trial.WantedIncidentShape,
        trial.WantedNoticeShape,
    )
    for shape in shapes:
        for name, field in shape.model_fields.items():
            row = next(
                (line for line in text.splitlines() if line.startswith(f"| `{name}` |") and (field.description or "") in line),
                "",
            )
            assert row, f"docs/reference/tests.md says nothing of {shape.__name__}.{name}: {field.description}"
