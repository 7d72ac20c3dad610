"""The templates of an installation, compiled: what is wrong with them is told as any other mistake of the configuration."""

from collections.abc import Iterator
from functools import lru_cache

from jinja2.sandbox import SandboxedEnvironment

from sentinel.config.problem import ConfigError, Problem
from sentinel.model.installation import Installation, TemplateFile
from sentinel.notify.draft import JinjaEngine
from sentinel.notify.template import TemplateProblems, Templates, compile_templates


def templates_of(installation: Installation) -> Templates:
    """Every template checked and compiled; none are wanted where customers are never told. Raises ConfigError."""
    if not installation.templates and not any(service.audience for service in installation.services.values()):
        return Templates(sheets={}, fixed={}, languages=installation.languages)
    try:
        return _compiled(installation.templates, installation.languages)
    except TemplateProblems as wrong:
        raise ConfigError(_problems(wrong)) from wrong


def proofread(templates: tuple[TemplateFile, ...], languages: tuple[str, ...]) -> list[Problem]:
    """What is wrong in the templates, each at its line; nothing if they can be used."""
    try:
        _compiled(templates, languages)
    except TemplateProblems as wrong:
        return list(_problems(wrong))
    return []


@lru_cache(maxsize=2)
def _compiled(templates: tuple[TemplateFile, ...], languages: tuple[str, ...]) -> Templates:
    """Remembered, since they are proofread first and used after that, and are the same in most reloads."""
    # Messages are plain text; their HTML is derived and escaped later. Only checked files ever reach this environment.
    environment = SandboxedEnvironment(autoescape=False)
    return compile_templates(templates, JinjaEngine(environment), languages)


def _problems(wrong: TemplateProblems) -> Iterator[Problem]:
    for each in wrong.problems:
        todo = "write it" if each.what.startswith("missing") else "mend the template"
        yield Problem(file=each.path, line=each.line, column=1, what=each.what, todo=todo)
