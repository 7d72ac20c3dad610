"""The files that the guides show are valid: copied out of the pages, they make an installation."""

import re
import shutil
from pathlib import Path

from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from tests.docs.pages import ROOT, page


def yaml_of(path: str, *, begins: str) -> str:
    """The one YAML block of a page that begins so, without the indentation of a list."""
    blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```", page(path), re.MULTILINE | re.DOTALL)
    (found,) = [(indent, block) for indent, block in blocks if block.strip().startswith(begins)]
    return re.sub(rf"^{found[0]}", "", found[1], flags=re.MULTILINE)


def installation(folder: Path) -> Installation:
    """The installation of the guides: run-it.md's sentinel.yaml, the README's payments, the guides' claims."""
    for part in ("checks", "templates"):
        shutil.copytree(ROOT / part, folder / part)
    for name in ("accounts", "documents", "payments", "quoting"):
        (folder / "checks" / f"{name}.yaml").unlink()
        (folder / "templates" / "statements" / f"{name}.yaml").unlink()
    ledger = (folder / "checks" / "ledger.yaml").read_text(encoding="utf-8")
    ledger = ledger.replace("${env:DEMO_LEDGER}", "https://ledger.northwind.example").replace("${env:DEMO_CA}", "ca.pem")
    (folder / "checks" / "ledger.yaml").write_text(ledger)
    (folder / "sentinel.yaml").write_text(yaml_of("docs/how-to/run-it.md", begins="name:"))
    (folder / "checks" / "payments.yaml").write_text(yaml_of("README.md", begins="service: payments"))
    said = yaml_of("README.md", begins="cannot_pay:")
    slow = "slow: {impact: degraded_performance, say: {en: Paying is slow., es: Pagar va lento.}}\n"
    (folder / "templates" / "statements" / "payments.yaml").write_text(said + slow)
    (folder / "checks" / "claims.yaml").write_text(yaml_of("docs/how-to/write-a-check.md", begins="service: claims"))
    claims = yaml_of("docs/how-to/write-statements-and-templates.md", begins="cannot_claim:")
    (folder / "templates" / "statements" / "claims.yaml").write_text(claims)
    (folder / "secrets").mkdir()
    for secret in ("lead-password", "slack-token", "claims-token"):
        (folder / "secrets" / secret).write_text("a-secret\n")
    return open_installation(folder / "sentinel.yaml", FoundKinds())


def test_what_the_guides_show_is_a_valid_installation(tmp_path: Path) -> None:
    made = installation(tmp_path)
    assert set(made.services) == {"claims", "ledger", "payments"}
    assert str(made.store) == "/var/lib/sentinel/sentinel.db"


def test_a_check_of_the_guide_means_the_statements_of_the_guide(tmp_path: Path) -> None:
    made = installation(tmp_path)
    form: Check = made.checks["claims.claim-form"]
    assert set(form.means.values()) == {"claims.cannot_claim", "claims.slow"}
    assert not made.checks["claims.queue"].means
