"""Templates of the console: the environment, and what every page is given. The templates themselves lie in pages/."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from sentinel.notify import drill
from sentinel.serve import clockface, telling
from sentinel.serve.assets import Assets
from sentinel.serve.console.progress import stretches
from sentinel.serve.port import Hub


class Pages:
    """Renders one template with escaping on, always. `static("desk.css")` is the address of a file of static/."""

    def __init__(self, hub: Hub, clock: Callable[[], datetime], files: Assets) -> None:
        self._hub = hub
        self._clock = clock
        self._environment = Environment(
            loader=PackageLoader("sentinel.serve", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(static=files.address)
        self._environment.filters.update(
            when=self._when,
            long=clockface.length_words,
            ago=self._ago,
            left=self._left,
            seconds=clockface.seconds_words,
            instant=datetime.fromisoformat,
            label=telling.label,
            stretches=stretches,
            told=lambda entry: telling.entry_words(entry, hub.installation, self._clock()),
            topic=lambda topic: telling.topic_words(topic, hub.installation),
            drill_word=drill.word,
            drill_line=drill.line,
            service_title=lambda name: telling.service_title(name, hub.installation),
        )

    def render(self, name: str, *, status: int = 200, **given: Any) -> HTMLResponse:
        """One page. `given` are the template's own names; each template says at its top which it needs."""
        house = self._hub.installation
        # Globals, since macros that a template imports see nothing else; set anew for each page, since a reload changes them.
        practice = house.drill is not None
        self._environment.globals.update(brand=house.brand, zone=house.zone, languages=house.languages, practice=practice)
        text = self._environment.get_template(name).render(now=self._clock(), **given)
        return HTMLResponse(text, status_code=status)

    def _when(self, instant: datetime | None) -> Markup:
        """A `time` element: local words, and UTC to the second in its title."""
        if instant is None:
            return Markup("–")
        shown = clockface.in_words(instant, self._hub.installation.zone, self._clock())
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            instant.isoformat(), clockface.utc_words(instant), shown
        )

    def _left(self, instant: datetime) -> str:
        """How long until then, in words; when it has passed, by how much."""
        rest: timedelta = instant - self._clock()
        return f"{clockface.length_words(rest)} left" if rest >= timedelta(0) else f"{clockface.length_words(-rest)} past"

    def _ago(self, instant: datetime) -> str:
        gone: timedelta = self._clock() - instant
        return f"{clockface.length_words(gone)} ago" if gone >= timedelta(0) else f"in {clockface.length_words(-gone)}"
