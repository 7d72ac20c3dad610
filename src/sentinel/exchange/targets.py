"""targets: what Prometheus is told to have probed: file_sd and http_sd lists, scrape configurations of a prometheus.yml.

Pure: texts in, targets out. Belongs here: their formats. Does not belong here: modules (blackbox.py), reading files and URLs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

MOST: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """`module`: by which it is looked at, "" where the list does not say."""

    address: str
    module: str = ""


class Unreadable(Exception):
    """What was given is no list of targets. Its text says why."""


def targets(text: str) -> tuple[Target, ...]:
    """Those of a file_sd or http_sd list (JSON or YAML), or of the scrape configurations with `metrics_path: /probe` of a
    prometheus.yml; each once, in their order. Raises Unreadable."""
    try:
        read = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("this is neither JSON nor YAML" + (f" (line {mark.line + 1})" if mark else "")) from None
    if isinstance(read, Mapping) and isinstance(read.get("scrape_configs"), Sequence):
        found = [one for job in read["scrape_configs"] if isinstance(job, Mapping) for one in _of_job(job)]
    elif isinstance(read, Sequence) and not isinstance(read, str):
        found = list(_of_groups(read, ""))
    else:
        raise Unreadable("a list of targets is written as [{targets: [...], labels: {...}}], or as a prometheus.yml")
    if len(found) > MOST:
        raise Unreadable(f"there are more than {MOST} targets")
    return tuple(dict.fromkeys(found))


def _of_job(job: Mapping[str, Any]) -> Iterator[Target]:
    if job.get("metrics_path") != "/probe":
        return
    params = job.get("params")
    named = params.get("module") if isinstance(params, Mapping) else None
    yield from _of_groups(job.get("static_configs") or (), str(named[0]) if isinstance(named, list) and named else "")


def _of_groups(groups: Sequence[Any], module: str) -> Iterator[Target]:
    """A label `module` or `__param_module` says by which module, as relabelling over there has it."""
    for group in groups:
        if not isinstance(group, Mapping) or not isinstance(group.get("targets"), list):
            raise Unreadable("each group of targets has `targets`, a list")
        labels = group.get("labels") if isinstance(group.get("labels"), Mapping) else {}
        assert isinstance(labels, Mapping)
        by = str(labels.get("__param_module") or labels.get("module") or module)
        yield from (Target(address=str(one), module=by) for one in group["targets"])
