"""What calls share, and how progress reaches the caller."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import _millpond
from ._errors import InvalidArgumentError

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@dataclass(frozen=True)
class Progress:
    """How far a call is: of `total` rows (0 if unknown) in this phase, `rows` are done. `note` is one line to show."""

    phase: str
    rows: int
    total: int
    size_bytes: int
    note: str | None = None


ProgressFunction = Callable[[Progress], object]


def reporter(function: ProgressFunction | None) -> object | None:
    """The function as the extension calls it."""
    if function is None:
        return None
    return lambda *values: function(Progress(*values))


def size_bytes(memory: int | str) -> int:
    """Bytes of `512`, `"512MB"` or `"2GiB"`."""
    if isinstance(memory, int):
        return memory
    match = re.fullmatch(r"\s*([0-9.]+)\s*([a-zA-Z]*)\s*", memory)
    if not match or match[2].lower() not in _UNITS:
        raise InvalidArgumentError(f"memory takes a size such as 512MB, not: {memory}")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def make(threads: int = 0, memory: int | str = "1GB") -> _millpond.Runtime:
    """Threads 0: one for each core."""
    worker = Path(__file__).with_name("millpond-worker")
    return _millpond.Runtime(threads, size_bytes(memory), str(worker))


@functools.cache
def shared() -> _millpond.Runtime:
    """For work without a pond."""
    return make()
