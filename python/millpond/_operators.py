"""Operators and folds over any rows in Arrow's form, without a pond."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from . import _millpond, _runtime
from ._errors import NotFoundError
from ._pond import fields_of
from ._rows import Field, Rows

Kind = Literal["operator", "fold", "source", "sink"]


@dataclass(frozen=True)
class Option:
    """An option with its default; the default's type is the option's."""

    name: str
    default: Any
    summary: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """What can stand in a flow, as the engine itself declares it."""

    name: str
    kind: Kind
    summary: str
    options: tuple[Option, ...]
    version: int = 1
    costly: bool = False
    reads: tuple[Field, ...] = ()
    locates: tuple[Field, ...] = ()
    adds: tuple[Field, ...] = ()

    def signature(self) -> str:
        """As it is called: `chunk(model: str = 'minilm-l6', tokens_max: int = 256)`."""
        shown = (f"{each.name}: {type(each.default).__name__} = {each.default!r}" for each in self.options)
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True)
class Reject:
    """A row that a step could not process: its place in the input, the step, an error code and the reason."""

    row: int
    step: str
    code: str
    reason: str


class ChainRows(Rows):
    """Rows that steps give. What did not come through is known once they have been read."""

    def __init__(self, made: _millpond.ChainRows) -> None:
        super().__init__(made.rows)
        self._made = made

    @property
    def drops(self) -> dict[str, int]:
        """How many rows were dropped so far, by "step: reason"."""
        return self._made.drops

    @property
    def rejects(self) -> list[Reject]:
        """The rows that were rejected so far."""
        return [Reject(*each) for each in self._made.rejects]


class Chain:
    """Steps in a row. Call it with rows: `chain(table)`; join more with `|`.

    Rows come in any of Arrow's forms: a pyarrow, polars or pandas table, a DuckDB relation, `Rows`, an iterator of
    batches. They go out with the columns that the steps add, in the order of their parents.
    """

    def __init__(self, steps: Sequence[tuple[str, dict[str, Any]]], runtime: _millpond.Runtime | None = None) -> None:
        self.steps = [(name, dict(options)) for name, options in steps]
        self._runtime = runtime or _runtime.shared()
        self._chain = _millpond.Chain.of(self._runtime, self.steps)

    def __call__(self, rows: object, threads: int = 0) -> ChainRows:
        """Runs over the rows as the result is read. `threads` 0: one for each core; order never depends on it."""
        return ChainRows(self._chain.run(rows, threads))

    def __or__(self, other: Chain) -> Chain:
        return Chain(self.steps + other.steps, self._runtime)

    def __reduce__(self) -> tuple[type[Chain], tuple[list[tuple[str, dict[str, Any]]]]]:
        return Chain, (self.steps,)  # so that Spark and Ray can send it to their workers

    def output(self, columns: object) -> list[Field]:
        """The columns that it gives for rows with these (rows, a schema, or a list of Field)."""
        return [Field(*each) for each in self._describe(columns)["output"]]

    def fingerprint(self, columns: object) -> str:
        """Hash of everything that decides its results: names, versions, every option, model files."""
        return str(self._describe(columns)["fingerprint"])

    def _describe(self, columns: object) -> dict[str, Any]:
        if isinstance(columns, (list, tuple)):
            fields = [Field(*each) for each in columns]
        else:
            fields = fields_of(columns)
        return self._chain.describe([(each.name, each.type, each.required) for each in fields])

    def __repr__(self) -> str:
        return " | ".join(f"{name}({', '.join(f'{k}={v!r}' for k, v in o.items())})" for name, o in self.steps)


class Fold:
    """Brings rows of equal keys together. Call it with rows; they come out in the order of each group's first."""

    def __init__(self, name: str, **options: Any) -> None:
        self.name = name
        self.options = options
        self.keys: list[str] = _millpond.fold_keys(name, options)

    def __call__(self, rows: object) -> Rows:
        spill = tempfile.gettempdir()
        return Rows(_millpond.fold(_runtime.shared(), self.name, self.options, rows, spill))

    def with_key(self, rows: object) -> Rows:
        """The rows with one more column, `_fold_key`: equal for rows that belong together. For an engine's shuffle."""
        return Rows(_millpond.with_fold_key(_runtime.shared(), self.name, self.options, rows))

    def __reduce__(self) -> tuple[Any, ...]:
        return _fold_of, (self.name, self.options)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self.options.items())})"


def _fold_of(name: str, options: dict[str, Any]) -> Fold:
    return Fold(name, **options)


def _fields(given: dict[str, Any], key: str) -> tuple[Field, ...]:
    return tuple(Field(*each) for each in given.pop(key, []))


def operators(kind: Kind | None = None) -> list[Definition]:
    """Everything that was compiled in: operators, folds, sources and sinks, or one kind of them."""
    found = []
    for each in _millpond.definitions():
        if kind is not None and each["kind"] != kind:
            continue
        options = tuple(Option(o["name"], o["default"], o["summary"], tuple(o["choices"])) for o in each.pop("options"))
        reads, locates, adds = (_fields(each, key) for key in ("reads", "locates", "adds"))
        found.append(Definition(options=options, reads=reads, locates=locates, adds=adds, **each))
    return found


def definition(name: str) -> Definition:
    """One of them by name."""
    for each in operators():
        if each.name == name:
            return each
    raise NotFoundError(f"no such operator, fold, source or sink: {name}", "mp.operators() lists them.", 3, 404)


def operator(name: str, **options: Any) -> Chain:
    """One step, ready to be called with rows: `mp.operator("chunk", tokens_max=200)(documents)`.

    Errors: NotFoundError; InvalidArgumentError for an option, with the nearest name as a hint.
    """
    return Chain([(name, options)])


def fold(name: str, **options: Any) -> Fold:
    """A fold, ready to be called with rows: `mp.fold("dedup_exact")(chunks)`."""
    return Fold(name, **options)
