"""`sentinel import`: a plan first, then a file that is valid, tells no secret and overwrites nobody's work."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.exchange.targets import Target, Unreadable, targets
from tests.probe.servers import answering, page, serving

MODULES = """\
modules:
  http_2xx: {prober: http, timeout: 5s}
  login:
    prober: http
    http: {method: POST, basic_auth: {username: probe, password: hunter2hunter2}}
  banner: {prober: tcp, tcp: {query_response: [{expect: "^SSH-2.0-"}]}}
"""
PROMETHEUS = """\
scrape_configs:
  - {job_name: own, static_configs: [{targets: ["localhost:9090"]}]}
  - job_name: sites
    metrics_path: /probe
    params: {module: [login]}
    static_configs: [{targets: ["https://pay.northwind.example/form", "pay.northwind.example"]}]
"""
LIST = [{"targets": ["quote.northwind.example"]}, {"targets": ["ssh.northwind.example:22"], "labels": {"module": "banner"}}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blackbox.yml").write_text(MODULES)
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS)
    (tmp_path / "list.json").write_text(json.dumps(LIST))
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["import", *words, "--config", str(folder / "sentinel.yaml")])


def taken_over(folder: Path, *more: str) -> Result:
    lists = ("--targets", str(folder / "prometheus.yml"), "--targets", str(folder / "list.json"))
    return run(folder, "blackbox", str(folder / "blackbox.yml"), *lists, "--service", "edge", *more)


def test_a_plan_says_what_becomes_of_each_target_and_writes_nothing(folder: Path) -> None:
    shown = taken_over(folder, "--plan")
    assert shown.exit_code == 0
    assert "https://pay.northwind.example/form by login: pay-northwind-example-form (http)" in shown.output
    assert "ssh.northwind.example:22 by banner: no check\n    `query_response`: Sentinel has no conversation" in shown.output
    assert "3 of 4 would be checks" in shown.output
    assert not (folder / "checks").exists()


def test_what_is_written_is_valid_and_holds_no_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken_over(folder).exit_code == 0
    written = (folder / "checks" / "edge.yaml").read_text()
    assert "hunter2" not in written
    checks = yaml.safe_load(written)["checks"]
    assert list(checks) == ["pay-northwind-example-form", "pay-northwind-example", "quote-northwind-example"]
    assert checks["quote-northwind-example"] == {
        "http": {"url": "http://quote.northwind.example"}, "timeout": "5s", "up": {"status": "2xx"},
    }  # fmt: skip
    monkeypatch.setenv("LOGIN_PASSWORD", "hunter2hunter2")
    channel = '{email: {server: "smtp://127.0.0.1:25", from: "a@northwind.example", to: "b@northwind.example"}}'
    (folder / "sentinel.yaml").write_text(
        "name: northwind\nbrand: Northwind\nurl: http://localhost:8080\ntime_zone: UTC\nlanguages: [en]\n"
        f"channels: {{cs: {channel}}}\n"
    )
    valid = CliRunner().invoke(main, ["validate", "--config", str(folder / "sentinel.yaml")])
    assert valid.exit_code == 0, valid.output


def test_it_is_written_again_when_the_list_changes_but_never_over_what_people_wrote(folder: Path) -> None:
    path = folder / "checks" / "edge.yaml"
    assert taken_over(folder).exit_code == 0
    (folder / "list.json").write_text("[]")
    assert taken_over(folder).exit_code == 0
    assert len(yaml.safe_load(path.read_text())["checks"]) == 2
    path.write_text("service: edge\n")
    refused = taken_over(folder)
    assert refused.exit_code == 1
    assert "written by people" in refused.output
    assert path.read_text() == "service: edge\n"


def test_targets_come_from_a_url_and_modules_from_the_installation(folder: Path) -> None:
    (folder / "sentinel.yaml").write_text("name: northwind\n" + MODULES)
    with serving(answering(page(json.dumps(LIST).encode()))) as server:
        shown = run(folder, "targets", server.url(), "--service", "found", "--plan", "--json")
    told = json.loads(shown.stdout)
    assert [(one["target"], one["check"]) for one in told["targets"]] == [
        ("quote.northwind.example", "quote-northwind-example"), ("ssh.northwind.example:22", ""),
    ]  # fmt: skip


def test_modules_come_from_the_file_that_the_installation_names(folder: Path) -> None:
    own = "login: {prober: tcp}"
    (folder / "sentinel.yaml").write_text(f"name: northwind\nmodules_file: blackbox.yml\nmodules: {{{own}}}\n")
    (folder / "list.json").write_text(json.dumps([{"targets": ["a.example:1"], "labels": {"module": "login"}}, *LIST]))
    shown = run(folder, "targets", str(folder / "list.json"), "--plan", "--json")
    assert shown.exit_code == 0, shown.output
    assert [one["kind"] for one in json.loads(shown.stdout)["targets"]] == ["tcp", "http", "tcp"]


def test_the_lists_that_a_prometheus_yml_names_are_read_too_and_what_is_not_is_said(folder: Path) -> None:
    (folder / "sd").mkdir()
    (folder / "sd" / "one.json").write_text(json.dumps([{"targets": ["one.northwind.example"]}]))
    (folder / "sd" / "two.yml").write_text('[{targets: ["two.northwind.example"], labels: {module: http_2xx}}]')
    with serving(answering(page(json.dumps(LIST).encode()))) as server:
        job = {
            "job_name": "found", "metrics_path": "/probe", "params": {"module": ["login"]},
            "file_sd_configs": [{"files": ["sd/*.json", "sd/*.yml", "gone/*.json"]}],
            "http_sd_configs": [{"url": server.url()}], "consul_sd_configs": [{"server": "localhost:8500"}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "__param_target"},
                {"target_label": "__param_target", "source_labels": ["__address__"], "replacement": "$1/health"},
            ],
        }  # fmt: skip
        (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": [job]}))
        lists = ("--targets", str(folder / "prometheus.yml"))
        shown = run(folder, "blackbox", str(folder / "blackbox.yml"), *lists, "--plan", "--json")
    assert [(one["target"], one["module"]) for one in json.loads(shown.stdout)["targets"]] == [
        ("one.northwind.example", "login"), ("two.northwind.example", "http_2xx"),
        ("quote.northwind.example", "login"), ("ssh.northwind.example:22", "banner"),
    ]  # fmt: skip
    assert "job found: there is nothing to read of `file_sd_configs` gone/*.json" in shown.stderr
    assert "job found: there is nothing to read of `consul_sd_configs`\n" in shown.stderr
    assert "job found: its relabelling is not read" in shown.stderr


def test_a_list_that_cannot_be_read_is_wrong_usage(folder: Path) -> None:
    with serving(answering(page(status="404 Not Found"))) as server:
        shown = run(folder, "targets", server.url(), "--modules", str(folder / "blackbox.yml"))
    assert shown.exit_code == 2
    assert "it answers 404" in shown.output


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ([{"targets": ["a:1", "b:2"], "labels": {"env": "x"}}], [("a:1", ""), ("b:2", "")]),
        ([{"targets": ["a:1"], "labels": {"__param_module": "m"}}], [("a:1", "m")]),
        ([{"targets": ["a:1", "a:1"]}], [("a:1", "")]),
        ([], []),
    ],
)
def test_lists_are_read_as_prometheus_reads_them(written: Any, found: list[tuple[str, str]]) -> None:
    assert targets(json.dumps(written)) == tuple(Target(address=address, module=module) for address, module in found)


@pytest.mark.parametrize("written", ["[", "a", "{}", '[{"labels": {}}]', '["a"]', '[{"targets": "a"}]'])
def test_what_is_no_list_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        targets(written)


def test_what_is_sent_is_a_secret_but_for_headers_that_say_nothing_of_who_asks(folder: Path) -> None:
    said = "headers: {Accept: text/html, User-Agent: probe, X-Tenant: northwind-7, X-Sig: s-1}, body: 'pin=4711', method: POST"
    grpc = "grpc: {metadata: {x-tenant: [northwind-8]}}"
    modules = f"login: {{prober: http, http: {{{said}}}}}\n  calls: {{prober: grpc, {grpc}}}\n  http_2xx: {{prober: http}}"
    (folder / "blackbox.yml").write_text(f"modules:\n  {modules}\n")
    (folder / "list.json").write_text(json.dumps([{"targets": ["rpc.northwind.example:50051"], "labels": {"module": "calls"}}]))
    shown = taken_over(folder)
    assert shown.exit_code == 0
    written = (folder / "checks" / "edge.yaml").read_text()
    assert not [one for one in ("northwind-7", "northwind-8", "s-1", "4711") if one in written]
    assert "Accept: text/html" in written
    assert "User-Agent: probe" in written
    assert "${env:LOGIN_X_TENANT}" in written
    assert "${env:LOGIN_BODY}" in written
    assert "${env:CALLS_X_TENANT}" in written


@pytest.mark.parametrize("service", ["../../etc/cron", "/tmp/x", "Edge", "", "a" * 64, "edge\n"])
def test_a_service_that_is_no_name_is_wrong_usage(folder: Path, service: str) -> None:
    refused = run(folder, "targets", str(folder / "list.json"), "--modules", str(folder / "blackbox.yml"), "--service", service)
    assert refused.exit_code == 2
    assert "small letters" in refused.output
    assert not (folder / "checks").exists()
