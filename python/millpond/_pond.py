"""Ponds: sources in, tables built, passages found, questions answered."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from . import _millpond, _runtime
from ._errors import InvalidArgumentError, NotFoundError
from ._filter import Filter, condition
from ._nearest import Neighbours, nearest
from ._rows import Field, Rows
from ._runtime import ProgressFunction
from ._table import At, Table, at_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

By = Literal["hybrid", "words", "vector"]
Around = int | Literal["section", "parent"]


@dataclass(frozen=True)
class TableReport:
    """What a build did to one table."""

    table: str
    rows_in: int
    rows_out: int
    rows_reused: int
    rows_dropped: int
    rows_rejected: int
    rows_deleted: int
    drops: dict[str, int]
    rebuilt: bool
    seconds: float
    snapshot: int | None
    how: str = ""  # of a query: what it computed, and why not less

    @property
    def changed(self) -> bool:
        return bool(self.rows_in or self.rows_out or self.rows_deleted or self.rows_rejected or self.rebuilt)


@dataclass(frozen=True)
class BuildReport:
    """What a build did. `run` names its rows in `runs` and `rejects`; it is empty if nothing had changed."""

    run: str
    tables: list[TableReport]
    warnings: list[str]
    seconds: float

    def __getitem__(self, table: str) -> TableReport:
        for each in self.tables:
            if each.table == table:
                return each
        raise KeyError(table)


@dataclass(frozen=True)
class Passage:
    """A chunk that was found. `citation` is what `Pond.show` takes."""

    citation: str
    document: str
    text: str
    uri: str
    title: str
    heading_path: list[str]
    ordinal: int
    first_page: int
    last_page: int
    score: float
    words_score: float = field(repr=False)
    vector_score: float = field(repr=False)
    words_rank: int = field(repr=False)
    vector_rank: int = field(repr=False)
    feedback_score: float = field(default=0.0, repr=False)
    rerank_score: float = field(default=0.0, repr=False)
    found_rank: int = field(default=0, repr=False)
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)

    @property
    def in_context(self) -> str:
        """The passage, with the text around it if that was asked for."""
        return "\n\n".join(part for part in (self.before, self.text, self.after) if part)


@dataclass(frozen=True)
class Found(Sequence[Passage]):
    """Passages, best first; and how they were found."""

    hits: list[Passage]
    rows: int
    matching: int
    terms: list[tuple[str, int, float]]
    words_weight: float
    vector_weight: float
    embed_ms: float
    search_ms: float
    feedback_weight: float = 0.0
    reranker: str = ""

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, index: Any) -> Any:
        return self.hits[index]


@dataclass(frozen=True)
class Sentence:
    """A sentence of an answer. `flaw` says why what it cites does not support it; empty if it does."""

    text: str
    citations: list[int]
    support: float
    flaw: str
    detail: str


@dataclass(frozen=True)
class Citation:
    """What `[number]` in an answer points to, with the words that carry it."""

    number: int
    quotes: list[str]
    passage: Passage


@dataclass(frozen=True)
class Answer:
    """`kind` is quoted (sentences of the documents, word for word), written (by a model, checked) or not_found."""

    kind: Literal["quoted", "written", "not_found"]
    text: str
    sentences: list[Sentence]
    citations: list[Citation]
    unsupported: int
    probability: float

    def __bool__(self) -> bool:
        return self.kind != "not_found"

    def __str__(self) -> str:
        return self.text or "Not in your documents."


@dataclass(frozen=True)
class Step:
    """A step that made a row."""

    step: str
    version: int
    options: dict[str, Any]
    fingerprint: str


@dataclass(frozen=True)
class Link:
    """One row on the way from a citation back to its source; `row` is its id, `values` are None if it is gone."""

    table: str
    row: str
    steps: list[Step]
    values: dict[str, Any] | None = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """A citation in its place."""

    table: str
    row: dict[str, Any]
    current: bool
    before: str
    after: str
    lineage: list[Link]


class Searcher:
    """One snapshot of an index, held open: every search sees the same rows, whatever is built meanwhile."""

    def __init__(self, searcher: _millpond.Searcher) -> None:
        self._searcher = searcher

    @property
    def snapshot(self) -> int:
        return self._searcher.snapshot

    def __len__(self) -> int:
        return self._searcher.rows

    def search(
        self,
        query: str,
        k: int = 5,
        by: By = "hybrid",
        where: Filter | str | None = None,
        *,
        syntax: bool = False,
        context: Around = 0,
        diverse: float = 0.0,
        rerank: bool | str = True,
    ) -> Found:
        """Finds passages by words and by meaning, among the rows for which `where` is true.

        `where`: `mp.col("tokens") > 100`, or SQL over the table's columns: "uri like 'file:///a/%'".
        `syntax`: the query has signs: "a phrase", prefix*, fuzzy~1, -without, column:word.
        `context`: so many chunks of the document before and after each passage (`before`, `after`), or "section": the
        rest of the section that it stands in, each section once.
        `diverse`: 0 to 1, how much a passage loses that repeats a better one.
        `rerank`: whether the reranker that the flow names, if any, reads the first hits again; or a cross-encoder's
        folder.
        """
        section = context in ("section", "parent")
        if not section and not isinstance(context, int):
            raise ValueError(f"context is a number of chunks, 'section' or 'parent': {context!r}")
        reader = rerank if isinstance(rerank, str) else "" if rerank else "none"
        neighbours = 0 if isinstance(context, str) else context
        found = self._searcher.find(query, k, by, condition(where), syntax, neighbours, section, diverse, reader)
        hits = [Passage(**each) for each in found.pop("hits")]
        return Found(hits=hits, **found)

    def ask(
        self,
        question: str,
        passages: int = 8,
        model: str = "",
        model_name: str = "default",
        key_env: str = "",
        on_text: Callable[[str], object] | None = None,
        where: Filter | str | None = None,
    ) -> Answer:
        """Answers from the documents, or from the rows for which `where` is true; every sentence is cited.

        Without `model` it quotes the sentences that answer. `model` is the address of an OpenAI-compatible service,
        such as http://localhost:8080/v1: it writes, and each sentence is checked against what it cites.
        `key_env` names the environment variable with its key; `on_text` gets the answer as it is written.
        """
        made = self._searcher.ask(question, passages, model, model_name, key_env, on_text, condition(where))
        made["sentences"] = [Sentence(**each) for each in made["sentences"]]
        made["citations"] = [
            Citation(each["number"], each["quotes"], Passage(**each["passage"])) for each in made["citations"]
        ]
        return Answer(**made)


class Pond:
    """A folder with pond.yaml (the flow) and .pond/ (the tables).

    `path`: the folder, or one below it. `threads` 0 means one for each core; `memory` bounds work in progress.
    `branch`: every table is read and written there, and `main` stays as it is; the flow is `pond.BRANCH.yaml` if there
    is such a file. Errors: NotFoundError for a folder that is no pond, and for a branch that there is not.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = ".",
        *,
        branch: str = "",
        threads: int = 0,
        memory: int | str = "1GB",
    ) -> None:
        start = Path(path).expanduser().absolute()
        folder = next((each for each in (start, *start.parents) if (each / ".pond").is_dir()), None)
        if folder is None:
            raise NotFoundError(f"no pond here or in a folder above: {start}", "mp.init(path) makes one.", 3, 404)
        self._pond = _millpond.Pond.open(str(folder), _runtime.make(threads, memory), branch)
        self._searchers: dict[tuple[str, int], Searcher] = {}
        self._vectors: dict[str, _millpond.Vectors] = {}

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self._pond.folder)

    @property
    def branch(self) -> str:
        """The branch that the pond was opened on; empty on `main`."""
        return self._pond.branch

    @property
    def flow_file(self) -> Path:
        """pond.yaml; on a branch its own, if there is one."""
        own = self.path / f"pond.{self.branch.replace('/', '-')}.yaml"
        return own if self.branch and own.exists() else self.path / "pond.yaml"

    def __repr__(self) -> str:
        return f"<millpond.Pond {self.path}>"

    def cancel(self) -> None:
        """Stops the calls on this pond that are under way in other threads; they raise CancelledError."""
        self._pond.runtime.cancel()

    def add(self, *sources: str | os.PathLike[str]) -> list[str]:
        """Adds files, folders or patterns (`docs/**/*.md`) as sources, in pond.yaml. Returns those that were new.

        Nothing is read before `build`.
        """
        added = []
        for source in sources:
            path = os.path.normpath(Path(source).expanduser().absolute())
            if not any(mark in path for mark in "*?[") and not os.path.exists(path):
                raise NotFoundError(f"no such file or folder: {path}", "", 3, 404)
            text = self.flow_file.read_text(encoding="utf-8")
            if path in _millpond.source_names(text, str(self.flow_file)):
                continue
            _replace(self.flow_file, _millpond.with_source(text, path, str(self.flow_file)))
            added.append(path)
        return added

    def build(
        self, *, retry_rejects: bool = False, wait: bool = True, progress: ProgressFunction | None = None
    ) -> BuildReport:
        """Brings every table up to date with its sources; only what changed is made again.

        Ctrl-C, or an exception of `progress`, stops it; what was finished is kept, and the next build goes on from
        there. `wait`: wait while another process builds the same pond, instead of UnavailableError.
        """
        return report_of(self._pond.build(retry_rejects, wait, _runtime.reporter(progress), None, 1, "embedded"))

    def tables(self) -> list[str]:
        """The names of the tables."""
        return self._pond.tables()

    def table(self, name: str) -> Table:
        """Opens a table. Errors: NotFoundError."""
        return Table(self._pond.table(name))

    def __getitem__(self, name: str) -> Table:
        return self.table(name)

    def __contains__(self, name: str) -> bool:
        return self._pond.has_table(name)

    def create_table(
        self, name: str, columns: Mapping[str, str] | Sequence[Field] | object, properties: Mapping[str, str] = {}
    ) -> Table:
        """Makes an empty table.

        `columns`: `{"id": "int64", "tags": "list<utf8>"}`, a list of `Field`, or anything with a schema in Arrow's
        form (a pyarrow schema or table, a data frame).
        """
        if isinstance(columns, Mapping):
            fields = [Field(column, kind) for column, kind in columns.items()]
        elif isinstance(columns, Sequence):
            fields = [Field(*each) for each in columns]
        else:
            fields = fields_of(columns)
        return Table(self._pond.create_table(name, [(each.name, each.type, each.required) for each in fields], dict(properties)))

    def drop_table(self, name: str) -> None:
        """Removes a table and its files."""
        self._pond.drop_table(name)

    def searcher(self, table: str = "", at: At | None = None) -> Searcher:
        """Holds one snapshot of an index open. `table` is needed only if several have one."""
        return Searcher(_millpond.Searcher.open(self._pond, table, at_text(at)))

    def search(
        self,
        query: str,
        k: int = 5,
        by: By = "hybrid",
        table: str = "",
        at: At | None = None,
        where: Filter | str | None = None,
        *,
        syntax: bool = False,
        context: Around = 0,
        diverse: float = 0.0,
        rerank: bool | str = True,
    ) -> Found:
        """Finds passages by words and by meaning, now or at an earlier moment. See `Searcher.search`."""
        searcher = self._searcher(table, at)
        return searcher.search(query, k, by, where, syntax=syntax, context=context, diverse=diverse, rerank=rerank)

    def nearest(
        self,
        vector: ArrayLike,
        k: int = 10,
        column: str = "",
        where: Filter | str | None = None,
        *,
        table: str = "",
        at: At | None = None,
        recall: float = 0.99,
    ) -> Neighbours:
        """Finds the rows whose vectors are nearest to this one, among those for which `where` is true.

        `vector`: numbers (a list or an array); or several, one below the other, for a column of several vectors a row.
        `column` and `table` are needed only if the flow declares several. What near means is said in pond.yaml.
        `recall`: the part of the nearest rows to find, on average; 1 compares all.
        Errors: InvalidArgumentError for a vector of another length; NotFoundError if no column of vectors is declared.
        """
        return nearest(self._open_vectors(table, at), vector, k, column, where, recall)

    def ask(
        self,
        question: str,
        passages: int = 8,
        model: str = "",
        model_name: str = "default",
        key_env: str = "",
        on_text: Callable[[str], object] | None = None,
        table: str = "",
        at: At | None = None,
        where: Filter | str | None = None,
    ) -> Answer:
        """Answers from the documents; every sentence is cited. See `Searcher.ask`."""
        return self._searcher(table, at).ask(question, passages, model, model_name, key_env, on_text, where)

    def show(self, citation: str | Passage | Citation) -> Shown:
        """A citation in its place: its row, the passages before and after, and the way back to its source."""
        digits = _digits(citation)
        plan = self.plan()
        for planned in reversed(plan):
            name = planned["table"]
            if name not in self:
                continue
            table = self.table(name)
            for snapshot in reversed(table.history):
                rows = self._pond.rows_with_id(name, "_row", digits, snapshot.id)
                if len(rows) > 1:
                    raise InvalidArgumentError(f"several rows begin with this citation: {digits}", "Give more digits.", 2)
                if rows:
                    before, after = self._neighbours(name, rows[0], snapshot.id)
                    current = snapshot.id == table.snapshot
                    return Shown(name, rows[0], current, before, after, self._lineage(plan, name, rows[0]))
        raise NotFoundError(
            f"no row has this citation: {digits}", "The row may be gone with its source, and its snapshots expired.", 3, 404
        )

    def sql(self, statement: str, at: At | None = None, write: bool = False) -> Rows:
        """Runs one statement of SQL by DuckDB over the tables, as they are or as they were. The rows come as they are read.

        Files and attached databases can be joined: `select * from chunks join 'owners.csv' using (title)`. `write` lets
        the statement change the pond. A statement without rows gives one row, `done`, with what it did.
        Errors: UnavailableError if DuckDB's library is not installed; PermissionDeniedError for a change without `write`.
        """
        stream, done = _millpond.sql(self._pond, statement, at_text(at), write)
        if stream is None:
            import pyarrow

            stream = _millpond.stream(pyarrow.table({"done": [done]}))
        return Rows(stream)

    def runs(self) -> list[dict[str, Any]]:
        """What each build did to each table, newest first."""
        rows = self._own("runs").to_pylist() if "runs" in self else []
        return sorted(rows, key=lambda row: row["started"], reverse=True)

    def rejects(self) -> list[dict[str, Any]]:
        """What could not be processed, and why."""
        return self._own("rejects").to_pylist() if "rejects" in self else []

    def plan(self) -> list[dict[str, Any]]:
        """The flow, checked: for each table its upstream, its steps with all options, its columns."""
        return self._pond.plan()

    def _own(self, name: str) -> Rows:
        return self.table(name).scan()

    def _searcher(self, table: str, at: At | None) -> Searcher:
        """Searchers are kept while their snapshot is the newest: opening one reads the index's files."""
        if at is not None:
            return self.searcher(table, at)
        indexed = table or next((each["table"] for each in self._indexed()), "")
        current = self.table(indexed).snapshot if indexed in self else None
        if current is None:
            return self.searcher(table)  # raises what is the matter
        key = (indexed, current)
        if key not in self._searchers:
            self._searchers = {key: self.searcher(indexed)}
        return self._searchers[key]

    def _open_vectors(self, table: str, at: At | None) -> _millpond.Vectors:
        """Kept open while their snapshot is the newest, as searchers are."""
        kept = self._vectors.get(table) if at is None else None
        if kept is None or self.table(kept.table).snapshot != kept.snapshot:
            kept = _millpond.Vectors.open(self._pond, table, at_text(at))
            if at is None:
                self._vectors[table] = kept
        return kept

    def _indexed(self) -> list[dict[str, Any]]:
        return [each for each in self.plan() if each["indexed"]]

    def _neighbours(self, table: str, row: dict[str, Any], snapshot: int) -> tuple[str, str]:
        if "ordinal" not in row or "text" not in row:
            return "", ""
        siblings = self._pond.rows_with_id(table, "_parent", row["_parent"].hex(), snapshot)
        texts = {each["ordinal"]: each["text"] for each in siblings}
        return texts.get(row["ordinal"] - 1, ""), texts.get(row["ordinal"] + 1, "")

    def _lineage(self, plan: list[dict[str, Any]], table: str, row: dict[str, Any]) -> list[Link]:
        links = []
        planned = {each["table"]: each for each in plan}
        values: dict[str, Any] | None = row
        identity = row["_row"].hex()
        while True:
            made = planned.get(table)
            steps = [Step(**each) for each in made["steps"]] if made else []
            links.append(Link(table, identity, steps, values))
            if made is None or values is None or "_parent" not in values:
                return links
            table, identity = made["upstream"], values["_parent"].hex()
            values = None
            for snapshot in reversed(self.table(table).history):
                rows = self._pond.rows_with_id(table, "_row", identity, snapshot.id)
                if rows:
                    values = rows[0]
                    break


def report_of(made: dict[str, Any]) -> BuildReport:
    """The engine's report as classes."""
    tables = [TableReport(**each) for each in made["tables"]]
    return BuildReport(made["run"], tables, made["warnings"], made["seconds"])


def fields_of(source: object) -> list[Field]:
    """The columns of anything in Arrow's form, as the engine calls their types."""
    if not hasattr(source, "__arrow_c_stream__") and hasattr(source, "__arrow_c_schema__"):
        import pyarrow

        source = pyarrow.schema(source).empty_table()
    return [Field(*each) for each in _millpond.stream(source).schema]


def _digits(citation: str | Passage | Citation) -> str:
    if isinstance(citation, Citation):
        citation = citation.passage
    digits = (citation.citation if isinstance(citation, Passage) else citation).lower()
    if len(digits) < 4 or any(each not in "0123456789abcdef" for each in digits):
        raise InvalidArgumentError(
            f"a citation has at least 4 hexadecimal digits, as search and ask give it: {digits}", "", 2, 400
        )
    return digits


def _replace(path: Path, text: str) -> None:
    """A crash leaves the old file or the new one."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def init(path: str | os.PathLike[str] = ".", *, threads: int = 0, memory: int | str = "1GB") -> Pond:
    """Makes a pond in a folder: pond.yaml (kept if it is there) and .pond/. Errors: AlreadyExistsError."""
    folder = Path(path).expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    _millpond.Pond.init(str(folder), _runtime.make(threads, memory))
    flow_file = folder / "pond.yaml"
    if not flow_file.exists():
        _replace(flow_file, _millpond.default_flow())
    return Pond(folder, threads=threads, memory=memory)


def open(
    path: str | os.PathLike[str] = ".",
    *,
    create: bool = False,
    branch: str = "",
    threads: int = 0,
    memory: int | str = "1GB",
) -> Pond:
    """Opens a pond, on `main` or a branch; with `create`, makes it if there is none."""
    if create and not (Path(path).expanduser().absolute() / ".pond").is_dir():
        return init(path, threads=threads, memory=memory)
    return Pond(path, branch=branch, threads=threads, memory=memory)
