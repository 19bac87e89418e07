"""Batches as PyTorch's `IterableDataset`.

>>> stream = Stream(TokenBatches("shards", length=1024, batch=8))
>>> for ids in DataLoader(stream, batch_size=None, num_workers=4):    # the same order with any number of workers
...     step(ids)

`state_dict` and `load_state_dict` are those that `torchdata`'s `StatefulDataLoader` asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from .tokens import Batches


class Stream(IterableDataset):  # type: ignore[misc]
    """The batches that are left of the epoch; each worker makes every n-th, which the loader puts in order again."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self._next = 0

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        begin, self._next = self._next, 0
        for index in range(max(begin, first), len(self.batches), step):
            self._next = index + step
            yield self.batches[index]
        self._next = 0

    def __len__(self) -> int:
        return len(self.batches)

    def state_dict(self) -> dict[str, Any]:
        """Of one worker: `batches.state_dict(used)` is the state of the run, for any number of workers."""
        return {"epoch": self.batches.state_dict(0), "next": self._next}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.batches.load_state_dict(state["epoch"])
        self._next = state["next"]
