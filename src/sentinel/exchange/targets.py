"""targets: what Prometheus is told to have probed: file_sd and http_sd lists, scrape configurations of a prometheus.yml.

Pure: texts in, targets out. Belongs here: their formats. Does not belong here: modules (blackbox.py), reading files and URLs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

MOST: Final = 10_000
_OF_PROBES: Final = ("__param_target", "__param_module")
"""The labels by which relabelling says what is asked of an exporter that probes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """`module`: by which it is looked at, "" where the list does not say."""

    address: str
    module: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """What a job of a prometheus.yml says of its targets beside those that stand in it. `key`: its word for it; `source`: a
    pattern of files or a URL that holds a list, "" where nobody here can look; `module`: by which they are looked at."""

    job: str
    key: str
    source: str = ""
    module: str = ""


class Unreadable(Exception):
    """What was given is no list of targets. Its text says why."""


def targets(text: str) -> tuple[Target, ...]:
    """Those of a file_sd or http_sd list (JSON or YAML), or of the scrape configurations with `metrics_path: /probe` of a
    prometheus.yml; each once, in their order. Raises Unreadable."""
    read = _read(text)
    if isinstance(read, Mapping) and isinstance(read.get("scrape_configs"), Sequence):
        found = [one for job in read["scrape_configs"] if isinstance(job, Mapping) for one in _of_job(job)]
    elif isinstance(read, Sequence) and not isinstance(read, str):
        found = list(_of_groups(read, ""))
    else:
        raise Unreadable("a list of targets is written as [{targets: [...], labels: {...}}], or as a prometheus.yml")
    if len(found) > MOST:
        raise Unreadable(f"there are more than {MOST} targets")
    return tuple(dict.fromkeys(found))


def elsewhere(text: str) -> tuple[Elsewhere, ...]:
    """Where the same jobs find further targets, and what of their relabelling is not read. Raises Unreadable."""
    read = _read(text)
    jobs = read.get("scrape_configs") if isinstance(read, Mapping) else None
    wanted = [one for one in jobs if isinstance(one, Mapping)] if isinstance(jobs, Sequence) else []
    return tuple(found for job in wanted if job.get("metrics_path") == "/probe" for found in _beside(job))


def _beside(job: Mapping[str, Any]) -> Iterator[Elsewhere]:
    name, module = str(job.get("job_name", "")), _module(job)
    for key in job:
        if not str(key).endswith("_sd_configs"):
            continue
        found = [source for one in job[key] or () if isinstance(one, Mapping) for source in _sources(str(key), one)]
        yield from (Elsewhere(job=name, key=str(key), source=source, module=module) for source in found or ("",))
    rules = [one for one in job.get("relabel_configs") or () if isinstance(one, Mapping)]
    if any(one.get("target_label") in _OF_PROBES and {"regex", "replacement", "action"} & set(one) for one in rules):
        yield Elsewhere(job=name, key="relabel_configs")


def _sources(key: str, said: Mapping[str, Any]) -> Iterator[str]:
    if key == "file_sd_configs":
        yield from map(str, said.get("files") or ())
    elif key == "http_sd_configs" and said.get("url"):
        yield str(said["url"])


def _read(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("this is neither JSON nor YAML" + (f" (line {mark.line + 1})" if mark else "")) from None


def _module(job: Mapping[str, Any]) -> str:
    params = job.get("params")
    named = params.get("module") if isinstance(params, Mapping) else None
    return str(named[0]) if isinstance(named, list) and named else ""


def _of_job(job: Mapping[str, Any]) -> Iterator[Target]:
    if job.get("metrics_path") != "/probe":
        return
    yield from _of_groups(job.get("static_configs") or (), _module(job))


def _of_groups(groups: Sequence[Any], module: str) -> Iterator[Target]:
    """A label `module` or `__param_module` says by which module, as relabelling over there has it."""
    for group in groups:
        if not isinstance(group, Mapping) or not isinstance(group.get("targets"), list):
            raise Unreadable("each group of targets has `targets`, a list")
        labels = group.get("labels") if isinstance(group.get("labels"), Mapping) else {}
        assert isinstance(labels, Mapping)
        by = str(labels.get("__param_module") or labels.get("module") or module)
        yield from (Target(address=str(one), module=by) for one in group["targets"])
