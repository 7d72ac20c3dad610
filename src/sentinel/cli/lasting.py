"""The start of a command that runs for months."""

import gc
import sys
from importlib import import_module
from types import ModuleType


def load(module: str) -> ModuleType:
    """`module`, imported with everything that it needs, which the garbage collector is then told to leave alone.

    A hub makes some hundred thousand objects while it is imported, and nearly all of them stay: to look through them again and
    again is a third of what the start costs. What is garbage by then stays too: it is a megabyte, and to find it costs 0.2 s.
    """
    # httpx does without its own command line where that cannot be had, and so do we: it brings 70 modules and 3 MB to draw.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # as the import system has it: not to be found
    # FastAPI looks there for models that it then refuses; we have none, and it does without: 1.5 MB.
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()
