"""Templates of the console: the environment, and what every page is given. The templates themselves lie in pages/."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from sentinel.model.installation import Installation
from sentinel.serve import clockface, telling


class Pages:
    """Renders one template with escaping on, always. `style` is the address of the style sheet."""

    def __init__(self, installation: Installation, clock: Callable[[], datetime], style: str) -> None:
        self._installation = installation
        self._clock = clock
        self._environment = Environment(
            loader=PackageLoader("sentinel.serve", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            brand=installation.brand, zone=installation.zone, languages=installation.languages, style=style
        )
        self._environment.filters.update(
            when=self._when,
            long=clockface.length_words,
            ago=self._ago,
            label=telling.label,
            told=lambda entry: telling.entry_words(entry, installation, self._clock()),
            service_title=lambda name: telling.service_title(name, installation),
        )

    def render(self, name: str, *, status: int = 200, **given: Any) -> HTMLResponse:
        """One page. `given` are the template's own names; each template says at its top which it needs."""
        text = self._environment.get_template(name).render(now=self._clock(), **given)
        return HTMLResponse(text, status_code=status)

    def _when(self, instant: datetime | None) -> Markup:
        """A `time` element: local words, and UTC to the second in its title."""
        if instant is None:
            return Markup("–")
        shown = clockface.in_words(instant, self._installation.zone, self._clock())
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            instant.isoformat(), clockface.utc_words(instant), shown
        )

    def _ago(self, instant: datetime) -> str:
        gone: timedelta = self._clock() - instant
        return f"{clockface.length_words(gone)} ago" if gone >= timedelta(0) else f"in {clockface.length_words(-gone)}"
