"""Batches of token ids out of the shards that `millpond export --format tokens` writes.

>>> batches = TokenBatches("shards", length=1024, batch=8, rank=0, world=1, seed=7)
>>> batches[0].shape
(8, 1024)
>>> for ids in DataLoader(batches, batch_size=None, num_workers=4):    # PyTorch's; any number of workers, the same order
...     step(ids)

`TokenBatches` takes the shards' tokens as one long row, cut into blocks of `length`; `PackedBatches` takes the blocks of
whole texts that `--set pack=LENGTH` made. Each epoch takes all blocks once, in an order that only `seed` and the epoch
decide. `state_dict()` names the place in that order, so that a run that was stopped goes on with the next batch, also
with another number of ranks. Needs NumPy, not PyTorch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy

_MAGIC = b"MMIDIDX\x00\x00"
_HEAD = 34
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


class _WindowShuffle:
    """Shuffles within windows of neighbours, so that the whole keeps its order roughly: a curriculum."""

    def __init__(self, count: int, window: int, key: str) -> None:
        self.count, self.window, self.key = count, window, key

    def __call__(self, places: numpy.ndarray) -> numpy.ndarray:
        found = numpy.empty_like(places)
        for number in numpy.unique(places // self.window):
            begin = int(number) * self.window
            inside = places // self.window == number
            shuffle = _Shuffle(min(self.window, self.count - begin), f"{self.key}/{number}")
            found[inside] = begin + shuffle(places[inside] - begin)
        return found


class Batches:
    """The batches of one rank in one epoch: `batches[i]`, `len(batches)`, or an iterator.

    With `drop_last` (the default) every rank has equally many whole batches; what does not fill one for every rank is
    left out. Without it, the last ones share what is left as evenly as it goes, so that every sample is given once.
    `shuffle` may be a number: then samples are shuffled only within so many neighbours, and the order of the whole stays.
    """

    def __init__(
        self, count: int, batch: int, seed: int, shuffle: bool | int, rank: int, world: int, drop_last: bool, of: dict[str, Any]
    ) -> None:
        if batch < 1 or not 0 <= rank < world:
            raise ValueError(f"batch and rank: {batch}, {rank} of {world}")
        if shuffle < 0:
            raise ValueError(f"shuffle: {shuffle}")
        self.batch, self.seed, self.shuffle, self.drop_last = batch, seed, shuffle, drop_last
        self.rank, self.world = rank, world
        self.count = count
        self._of = of
        self.epoch, self._start, self._given = 0, 0, 0
        self._order = self._shuffled()

    def _samples(self, places: numpy.ndarray) -> Any:
        """A batch of the samples at these places."""
        raise NotImplementedError

    def _shuffled(self) -> _Shuffle | _WindowShuffle | None:
        key = f"{self.seed}/{self.epoch}"
        if not self.shuffle:
            return None
        return _Shuffle(self.count, key) if self.shuffle is True else _WindowShuffle(self.count, self.shuffle, key)

    def __len__(self) -> int:
        """Batches that are left of the epoch for this rank."""
        left, step = self.count - self._start, self.batch * self.world
        return left // step if self.drop_last else -(-left // step)

    def places(self, index: int) -> numpy.ndarray:
        """Which samples a batch holds."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        first = self._start + index * self.world * self.batch
        count = min(self.world * self.batch, self.count - first)
        begin, end = count * self.rank // self.world, count * (self.rank + 1) // self.world
        places = numpy.arange(first + begin, first + end)
        return places if self._order is None else self._order(places)

    def __getitem__(self, index: int) -> Any:
        return self._samples(self.places(index))

    def __iter__(self) -> Iterator[Any]:
        """Counts what it gives, for `state_dict()`."""
        for index in range(len(self)):
            self._given = index + 1
            yield self[index]

    def next_epoch(self) -> None:
        self.epoch, self._start, self._given = self.epoch + 1, 0, 0
        self._order = self._shuffled()

    def state_dict(self, batches: int | None = None) -> dict[str, Any]:
        """Where a run that has used so many batches goes on; without a number, those that the iterator gave.

        A loader that fetches ahead, as PyTorch's does with workers, has to say how many it has used.
        """
        used = self._given if batches is None else batches
        blocks = min(self._start + used * self.batch * self.world, self.count)
        return {**self._of, "seed": self.seed, "shuffle": self.shuffle, "epoch": self.epoch, "blocks": blocks}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from there; `batch`, `rank` and `world` may be others than before."""
        for name, own in {**self._of, "seed": self.seed, "shuffle": self.shuffle}.items():
            if state.get(name) != own:
                raise ValueError(f"the state is of another run: {name} was {state.get(name)}, is {own}")
        self.epoch, self._start, self._given = state["epoch"], state["blocks"], 0
        self._order = self._shuffled()


class TokenBatches(Batches):
    """Blocks of `length` tokens, as arrays of `batch` rows; a block may hold the end of one text and the begin of another."""

    def __init__(
        self,
        folder: str | Path,
        length: int,
        batch: int = 1,
        *,
        seed: int = 0,
        shuffle: bool | int = True,
        rank: int = 0,
        world: int = 1,
        drop_last: bool = True,
    ) -> None:
        if length < 1:
            raise ValueError(f"length: {length}")
        form = _form(folder)
        self.length = length
        self._shards = [_Shard(Path(folder) / shard["name"]).ids for shard in form["shards"]]
        self._ends = numpy.cumsum([len(shard) for shard in self._shards], dtype=numpy.int64)
        self.tokens = int(self._ends[-1]) if self._shards else 0
        self.blocks = self.tokens // length
        super().__init__(self.blocks, batch, seed, shuffle, rank, world, drop_last, {"tokens": _hash(form), "length": length})

    def _samples(self, places: numpy.ndarray) -> numpy.ndarray:
        if not len(places):
            return numpy.empty((0, self.length), numpy.int64)
        return numpy.stack([self._block(int(place)) for place in places])

    def _block(self, place: int) -> numpy.ndarray:
        begin, parts, wanted = place * self.length, [], self.length
        shard = int(numpy.searchsorted(self._ends, begin, side="right"))
        while wanted:
            at = begin - (int(self._ends[shard - 1]) if shard else 0)
            part = self._shards[shard][at : at + wanted]
            parts.append(part.astype(numpy.int64))
            begin, wanted, shard = begin + len(part), wanted - len(part), shard + 1
        return numpy.concatenate(parts)


class PackedBatches(Batches):
    """Blocks of whole texts, as `--set pack=LENGTH` wrote them: a dict of arrays of `batch` rows and `length` columns.

    `input_ids` ends with `pad`; `segment_ids` counts the texts of a row from 1 and is 0 where it is padded;
    `position_ids` begins at 0 with each text; `labels` is `input_ids`, but -100 where there is nothing to predict from:
    at the first token of each text, and where it is padded. `text_ends(batch)` is for attention within texts.
    """

    def __init__(
        self,
        folder: str | Path,
        batch: int = 1,
        *,
        pad: int = 0,
        seed: int = 0,
        shuffle: bool | int = True,
        rank: int = 0,
        world: int = 1,
        drop_last: bool = True,
    ) -> None:
        form = _form(folder)
        if "length" not in form:
            raise ValueError(f"these shards are not packed; --set pack=LENGTH packs them: {folder}")
        self.length, self.pad, self.blocks = form["length"], pad, form["blocks"]
        self._shards = [_Shard(Path(folder) / shard["name"]) for shard in form["shards"]]
        self._ends = numpy.cumsum([shard["blocks"] for shard in form["shards"]], dtype=numpy.int64)
        super().__init__(self.blocks, batch, seed, shuffle, rank, world, drop_last, {"tokens": _hash(form)})

    def pieces(self, place: int) -> list[numpy.ndarray]:
        """The texts of a block."""
        number = int(numpy.searchsorted(self._ends, place, side="right"))
        return self._shards[number].pieces(place - (int(self._ends[number - 1]) if number else 0))

    def _samples(self, places: numpy.ndarray) -> dict[str, numpy.ndarray]:
        shape = (len(places), self.length)
        ids = numpy.full(shape, self.pad, numpy.int64)
        positions, segments = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
        labels = numpy.full(shape, -100, numpy.int64)
        for row, place in enumerate(places):
            at = 0
            for number, piece in enumerate(self.pieces(int(place)), 1):
                end = at + len(piece)
                ids[row, at:end] = piece
                labels[row, at + 1 : end] = piece[1:]
                positions[row, at:end] = numpy.arange(len(piece))
                segments[row, at:end] = number
                at = end
        return {"input_ids": ids, "position_ids": positions, "segment_ids": segments, "labels": labels}


class LengthBatches(Batches):
    """Whole texts in batches of like length: dicts of `input_ids`, `attention_mask` and `labels`, padded to the longest.

    A batch has as many texts as fit into `tokens_max` with their padding; a text is cut at `length`. The texts of the
    epoch are taken `window` at a time and sorted by length, so that little is padded; the batches of a window are
    shuffled again. `filled` says how much of an epoch's batches is text. Ranks take batches in turn; a batch of the
    same place holds the same texts with any number of them.
    """

    def __init__(
        self,
        folder: str | Path,
        tokens_max: int = 16384,
        *,
        length: int = 2048,
        window: int = 4096,
        pad: int = 0,
        seed: int = 0,
        shuffle: bool | int = True,
        rank: int = 0,
        world: int = 1,
        drop_last: bool = True,
    ) -> None:
        if not 0 < length <= tokens_max or window < 1:
            raise ValueError(f"length, tokens_max and window: {length}, {tokens_max}, {window}")
        form = _form(folder)
        if "length" in form:
            raise ValueError(f"these shards are packed, PackedBatches reads them: {folder}")
        self.tokens_max, self.length, self.window, self.pad = tokens_max, length, window, pad
        self._shards = [_Shard(Path(folder) / shard["name"]) for shard in form["shards"]]
        self._ends = numpy.cumsum([len(shard.lengths) for shard in self._shards], dtype=numpy.int64)
        lengths = [numpy.minimum(shard.lengths, length) for shard in self._shards]
        self._lengths = numpy.concatenate(lengths) if lengths else numpy.empty(0, numpy.int32)
        self.texts, self.filled = len(self._lengths), 0.0
        self._plan: list[numpy.ndarray] = []
        of = {"tokens": _hash(form), "length": length, "tokens_max": tokens_max, "window": window}
        super().__init__(self.texts, 1, seed, shuffle, rank, world, drop_last, of)

    def _shuffled(self) -> None:
        """Plans the epoch: the batches are the samples, in the order of the plan."""
        self.count = self.texts
        order, places = super()._shuffled(), numpy.arange(self.texts)
        places = places if order is None else order(places)
        self._plan, padded = [], 0
        for begin in range(0, self.texts, self.window):
            chosen = places[begin : begin + self.window]
            chosen = chosen[numpy.argsort(-self._lengths[chosen], kind="stable")]
            batches, at = [], 0
            while at < len(chosen):
                longest = max(1, int(self._lengths[chosen[at]]))
                batches.append(chosen[at : at + self.tokens_max // longest])
                padded += longest * len(batches[-1])
                at += len(batches[-1])
            again = _Shuffle(len(batches), f"{self.seed}/{self.epoch}/{begin}")(numpy.arange(len(batches)))
            self._plan += [batches[int(i)] for i in again] if self.shuffle else batches[::-1]
        self.count = len(self._plan)
        self.filled = float(self._lengths.sum()) / padded if padded else 0.0

    def texts_of(self, index: int) -> numpy.ndarray:
        """Which texts a batch of this rank holds."""
        places = self.places(index)
        return self._plan[int(places[0])] if len(places) else numpy.empty(0, numpy.int64)

    def __getitem__(self, index: int) -> dict[str, numpy.ndarray]:
        texts = self.texts_of(index)
        longest = int(self._lengths[texts].max()) if len(texts) else 0
        ids = numpy.full((len(texts), longest), self.pad, numpy.int64)
        mask, labels = numpy.zeros_like(ids), numpy.full_like(ids, -100)
        for row, text in enumerate(texts):
            number = int(numpy.searchsorted(self._ends, text, side="right"))
            tokens = self._shards[number].text(int(text) - (int(self._ends[number - 1]) if number else 0))[: self.length]
            ids[row, : len(tokens)] = labels[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def text_ends(batch: dict[str, numpy.ndarray]) -> numpy.ndarray:
    """Where each text of a packed batch begins and ends, were its rows one after another without padding.

    This is what attention over texts of many lengths takes (`cu_seqlens`); the tokens are `input_ids[segment_ids > 0]`.
    """
    lengths = [numpy.bincount(row)[1:] for row in batch["segment_ids"]]
    return numpy.concatenate([[0], numpy.cumsum(numpy.concatenate(lengths))]).astype(numpy.int32)


def _form(folder: str | Path) -> dict[str, Any]:
    form: dict[str, Any] = json.loads((Path(folder) / "tokens.json").read_text())
    if form["format"] != "megatron":
        raise ValueError(f"shards of this form are read by their own library, not here: {form['format']}")
    return form


def _hash(form: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()


class _Shard:
    """The ids of a shard, and its blocks as the index tells them."""

    def __init__(self, path: Path) -> None:
        index, bin_file = path.with_suffix(".idx"), path.with_suffix(".bin")
        head = index.open("rb").read(_HEAD)
        if len(head) < _HEAD or not head.startswith(_MAGIC):
            raise ValueError(f"not an index of token shards: {index}")
        kind = _TYPES[head[17]]
        texts, ends = (int.from_bytes(head[at : at + 8], "little") for at in (18, 26))
        if index.stat().st_size != _HEAD + 12 * texts + 8 * ends:
            raise ValueError(f"the index of token shards is truncated: {index}")
        self.lengths = numpy.memmap(index, numpy.int32, "r", _HEAD, (texts,))
        self.begins = numpy.memmap(index, numpy.int64, "r", _HEAD + 4 * texts, (texts,))
        self.blocks = numpy.memmap(index, numpy.int64, "r", _HEAD + 12 * texts, (ends,))
        self.size = numpy.dtype(kind).itemsize
        size_bytes = bin_file.stat().st_size
        if texts and size_bytes != int(self.begins[-1]) + int(self.lengths[-1]) * self.size:
            raise ValueError(f"the file of token ids is truncated: {bin_file}")
        self.ids = numpy.memmap(bin_file, kind, "r") if size_bytes else numpy.empty(0, kind)

    def text(self, number: int) -> numpy.ndarray:
        begin = int(self.begins[number]) // self.size
        return self.ids[begin : begin + int(self.lengths[number])]

    def pieces(self, block: int) -> list[numpy.ndarray]:
        first, last = int(self.blocks[block]), int(self.blocks[block + 1])
        begins = [int(begin) // self.size for begin in self.begins[first:last]]
        return [self.ids[begin : begin + int(size)] for begin, size in zip(begins, self.lengths[first:last])]
