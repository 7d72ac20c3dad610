"""The templates of an installation, compiled: what is wrong with them is told as any other mistake of the configuration."""

from jinja2.sandbox import SandboxedEnvironment

from sentinel.config.problem import ConfigError, Problem
from sentinel.model.installation import Installation
from sentinel.notify.draft import JinjaEngine
from sentinel.notify.template import TemplateProblems, Templates, compile_templates


def templates_of(installation: Installation) -> Templates:
    """Every template checked and compiled; none are wanted where customers are never told. Raises ConfigError."""
    if not installation.templates and not any(service.audience for service in installation.services.values()):
        return Templates(sheets={}, fixed={}, languages=installation.languages)
    # Messages are plain text; their HTML is derived and escaped later. Only checked files ever reach this environment.
    environment = SandboxedEnvironment(autoescape=False)
    try:
        return compile_templates(installation.templates, JinjaEngine(environment), installation.languages)
    except TemplateProblems as wrong:
        raise ConfigError([_problem(each.path, each.line, each.what) for each in wrong.problems]) from wrong


def _problem(path: str, line: int, what: str) -> Problem:
    return Problem(file=path, line=line, column=1, what=what, todo="mend the template")
