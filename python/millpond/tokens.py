"""Batches of token ids out of the shards that `millpond export --format tokens` writes.

>>> batches = TokenBatches("shards", length=1024, batch=8, rank=0, world=1, seed=7)
>>> batches[0].shape
(8, 1024)
>>> for ids in DataLoader(batches, batch_size=None, num_workers=4):    # PyTorch's; any number of workers, the same order
...     step(ids)

The shards' tokens are one long row, cut into blocks of `length`; each epoch takes all blocks once, in an order that
only `seed` and the epoch decide. `state_dict()` names the place in that order, so that a run that was stopped goes on
with the next batch, also with another number of ranks. Needs NumPy, not PyTorch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy

_MAGIC = b"MMIDIDX\x00\x00"
_TYPES = {4: numpy.int32, 8: numpy.uint16}


class _Shuffle:
    """A permutation of range(count) that takes no memory: a Feistel network, walked until it falls into the range."""

    def __init__(self, count: int, key: str) -> None:
        self.count = count
        self.half = max(1, ((max(count, 2) - 1).bit_length() + 1) // 2)
        self.mask = numpy.uint64((1 << self.half) - 1)
        digest = hashlib.sha256(key.encode()).digest()
        self.keys = numpy.frombuffer(digest, dtype="<u8")

    def _once(self, places: numpy.ndarray) -> numpy.ndarray:
        left, right = places >> numpy.uint64(self.half), places & self.mask
        for key in self.keys:
            mixed = (right + key) * numpy.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> numpy.uint64(29)
            mixed *= numpy.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> numpy.uint64(32)
            left, right = right, left ^ (mixed & self.mask)
        return (left << numpy.uint64(self.half)) | right

    def __call__(self, places: numpy.ndarray) -> numpy.ndarray:
        with numpy.errstate(over="ignore"):
            found = self._once(places.astype(numpy.uint64))
            while (outside := found >= self.count).any():
                found[outside] = self._once(found[outside])
        return found.astype(numpy.int64)


class TokenBatches:
    """The batches of one rank in one epoch: `batches[i]`, `len(batches)`, or an iterator."""

    def __init__(
        self,
        folder: str | Path,
        length: int,
        batch: int = 1,
        *,
        seed: int = 0,
        shuffle: bool = True,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        if length < 1 or batch < 1 or not 0 <= rank < world:
            raise ValueError(f"length, batch and rank: {length}, {batch}, {rank} of {world}")
        self.length, self.batch, self.seed, self.shuffle = length, batch, seed, shuffle
        self.rank, self.world = rank, world
        folder = Path(folder)
        form = json.loads((folder / "tokens.json").read_text())
        self._shards = [_open(folder / shard["name"]) for shard in form["shards"]]
        self._ends = numpy.cumsum([len(shard) for shard in self._shards], dtype=numpy.int64)
        self.tokens = int(self._ends[-1]) if self._shards else 0
        self.blocks = self.tokens // length
        self._of = hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()
        self.epoch, self._start, self._given = 0, 0, 0
        self._order = self._shuffled()

    def _shuffled(self) -> _Shuffle | None:
        return _Shuffle(self.blocks, f"{self.seed}/{self.epoch}") if self.shuffle else None

    def __len__(self) -> int:
        """Batches that are left of the epoch for this rank; what does not fill one for every rank is left out."""
        return (self.blocks - self._start) // (self.batch * self.world)

    def __getitem__(self, index: int) -> numpy.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(index)
        first = self._start + (index * self.world + self.rank) * self.batch
        places = numpy.arange(first, first + self.batch)
        if self._order is not None:
            places = self._order(places)
        return numpy.stack([self._block(int(place)) for place in places])

    def __iter__(self) -> Iterator[numpy.ndarray]:
        """Counts what it gives, for `state_dict()`."""
        for index in range(len(self)):
            self._given = index + 1
            yield self[index]

    def _block(self, place: int) -> numpy.ndarray:
        begin, parts, wanted = place * self.length, [], self.length
        shard = int(numpy.searchsorted(self._ends, begin, side="right"))
        while wanted:
            at = begin - (int(self._ends[shard - 1]) if shard else 0)
            part = self._shards[shard][at : at + wanted]
            parts.append(part.astype(numpy.int64))
            begin, wanted, shard = begin + len(part), wanted - len(part), shard + 1
        return numpy.concatenate(parts)

    def next_epoch(self) -> None:
        self.epoch, self._start, self._given = self.epoch + 1, 0, 0
        self._order = self._shuffled()

    def state_dict(self, batches: int | None = None) -> dict[str, Any]:
        """Where a run that has used so many batches goes on; without a number, those that the iterator gave.

        A loader that fetches ahead, as PyTorch's does with workers, has to say how many it has used.
        """
        used = self._given if batches is None else batches
        return {
            "tokens": self._of,
            "seed": self.seed,
            "shuffle": self.shuffle,
            "length": self.length,
            "epoch": self.epoch,
            "blocks": self._start + used * self.batch * self.world,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from there; `batch`, `rank` and `world` may be others than before."""
        for name, own in (("tokens", self._of), ("seed", self.seed), ("shuffle", self.shuffle), ("length", self.length)):
            if state[name] != own:
                raise ValueError(f"the state is of another run: {name} was {state[name]}, is {own}")
        self.epoch, self._start, self._given = state["epoch"], state["blocks"], 0
        self._order = self._shuffled()


def _open(path: Path) -> numpy.ndarray:
    with open(path.with_suffix(".idx"), "rb") as index:
        if index.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"not an index of token shards: {path}.idx")
        index.seek(len(_MAGIC) + 8)
        kind = _TYPES[index.read(1)[0]]
    if path.with_suffix(".bin").stat().st_size == 0:
        return numpy.empty(0, kind)
    return numpy.memmap(path.with_suffix(".bin"), dtype=kind, mode="r")
