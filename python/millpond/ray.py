"""millpond on Ray: the same flow over the same tables, or operators and folds on any dataset.

>>> import millpond.ray as mpr
>>> mpr.build(pond)                                            # what pond.build() makes, made by Ray's workers
>>> mpr.map(dataset, mp.operator("mean_word_length"))          # operators through map_batches
>>> mpr.fold(dataset, mp.fold("dedup_exact", by=["text"]))     # folds through a shuffle by key

The workers need this package, and see the pond's folder at the same path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import _jobs, _millpond
from ._jobs import Job
from ._operators import Chain, Fold
from ._pond import BuildReport, Pond
from ._runtime import ProgressFunction

if TYPE_CHECKING:
    import numpy
    import pyarrow
    from ray.data import Dataset


def _table(rows: object) -> pyarrow.Table:
    import pyarrow

    return pyarrow.RecordBatchReader.from_stream(rows).read_all()


def map(dataset: Dataset, chain: Chain, batch_size: int | None = 4096) -> Dataset:
    """The dataset's rows through operators, by map_batches; with the columns that they add.

    Rows that a step drops or rejects are left out.
    """

    def through(batch: pyarrow.Table) -> pyarrow.Table:
        return _table(chain(batch, threads=1))

    return dataset.map_batches(through, batch_format="pyarrow", batch_size=batch_size, zero_copy_batch=True)


def fold(dataset: Dataset, fold: Fold, order_by: str | None = None, partitions: int | None = None) -> Dataset:
    """Brings rows of equal keys together by Ray's shuffle, and folds them.

    `order_by`: a column that says which row of a key comes first; without it Ray's order decides.
    """
    import pyarrow.compute

    count = partitions or 16

    def keyed(batch: pyarrow.Table) -> pyarrow.Table:
        table = _table(fold.with_key(batch))
        parts = [int.from_bytes(key[:4], "little") % count for key in table.column("_fold_key").to_pylist()]
        return table.drop_columns(["_fold_key"]).append_column("_fold_part", pyarrow.array(parts, pyarrow.int64()))

    def folded(group: pyarrow.Table) -> pyarrow.Table:
        rows = group.drop_columns(["_fold_part"])
        if order_by is not None:
            rows = rows.sort_by(order_by)
        return _table(fold(rows))

    shuffled = dataset.map_batches(keyed, batch_format="pyarrow").groupby("_fold_part")
    return shuffled.map_groups(folded, batch_format="pyarrow")


def _work(outcomes: list[tuple[int, str]]) -> pyarrow.Table:
    import pyarrow

    columns = {"number": [each[0] for each in outcomes], "work": [each[1] for each in outcomes]}
    return pyarrow.table(columns, schema=pyarrow.schema([("number", pyarrow.int64()), ("work", pyarrow.string())]))


def _in_order(dataset: Dataset) -> list[str]:
    return [row["work"] for row in sorted(dataset.take_all(), key=lambda row: row["number"])]


def _splits(tokens: list[str]) -> Dataset:
    import ray.data

    rows = [{"number": number, "work": token} for number, token in enumerate(tokens)]
    return ray.data.from_items(rows, override_num_blocks=len(rows))


def _run_splits(job: Job, tokens: list[str]) -> list[str]:
    def run(batch: pyarrow.Table) -> pyarrow.Table:
        return _work([(row["number"], job.run_split(row["work"])) for row in batch.to_pylist()])

    return _in_order(_splits(tokens).map_batches(run, batch_format="pyarrow", batch_size=1))


def _in_passes(job: Job, pond: Pond, tokens: list[str], partitions: int) -> list[str]:
    """The outcomes of a fold in passes: small records go from task to task, and rows stay until the verdicts on them come.

    Tasks rather than a dataset's shuffle: a pass of small records takes no longer than its work.
    """
    import numpy
    import pyarrow
    import pyarrow.compute
    import ray

    before = pyarrow.schema(_millpond.shuffle_columns(pond._pond, job.table)[0])
    columns = pyarrow.schema(_millpond.record_columns())
    verdict = pyarrow.field("_verdict", pyarrow.binary())

    def place_of(numbers: numpy.ndarray) -> numpy.ndarray:
        return (numbers.astype("uint64") * 0x9E3779B97F4A7C15 >> 40) % partitions

    def parted(batches: Iterator[pyarrow.RecordBatch]) -> list[object]:
        """The records for each partition, and what the driver should know."""
        table = pyarrow.Table.from_batches(list(batches), columns)
        told = pyarrow.compute.equal(table.column("kind"), _jobs.TALLY)
        tallies = [(row["a"], row["value"]) for row in table.filter(told).to_pylist()]
        table = table.filter(pyarrow.compute.invert(told))
        places = place_of(table.column("place").to_numpy())
        return [*(table.filter(pyarrow.array(places == each)) for each in range(partitions)), tallies]

    @ray.remote(num_returns=2)  # type: ignore[untyped-decorator]
    def rows_of(token: str) -> tuple[pyarrow.Table, int]:
        table = pyarrow.Table.from_batches(list(job.split_rows(token)), before)
        return table, table.column("_fold_position")[0].as_py() >> 32

    @ray.remote(num_returns=partitions + 1)  # type: ignore[untyped-decorator]
    def noted(plan: bytes, rows: pyarrow.Table) -> list[object]:
        return parted(job.note(plan, rows.to_batches()))

    @ray.remote(num_returns=partitions + 1)  # type: ignore[untyped-decorator]
    def worked(plan: bytes, *parts: pyarrow.Table) -> list[object]:
        return parted(job.work(plan, pyarrow.concat_tables(parts).combine_chunks().to_batches()))

    def with_records(piece: int, rows: pyarrow.Table, parts: tuple[pyarrow.Table, ...]) -> list[pyarrow.RecordBatch]:
        """The rows of a piece after the records on them."""
        records = pyarrow.concat_tables(parts)
        records = records.filter(pyarrow.compute.equal(records.column("place"), piece))
        given = {"_fold_position": records.column("a"), "_verdict": records.column("value")}
        fields = [*before, verdict]
        nulls = [given.get(field.name, pyarrow.nulls(records.num_rows, field.type)) for field in fields]
        addressed = pyarrow.table(nulls, schema=pyarrow.schema(fields))
        rows = rows.append_column(verdict, pyarrow.nulls(rows.num_rows, verdict.type))
        return [*addressed.combine_chunks().to_batches(), *rows.to_batches()]

    @ray.remote(num_returns=partitions + 1)  # type: ignore[untyped-decorator]
    def answered(plan: bytes, piece: int, rows: pyarrow.Table, *parts: pyarrow.Table) -> list[object]:
        return parted(job.note(plan, with_records(piece, rows, parts)))

    @ray.remote  # type: ignore[untyped-decorator]
    def judged(plan: bytes, piece: int, rows: pyarrow.Table, *parts: pyarrow.Table) -> tuple[int, str] | None:
        return job.write(job.judge(plan, with_records(piece, rows, parts)))

    def on_pieces(records: list[list[ray.ObjectRef]]) -> Iterator[tuple[int, ray.ObjectRef, list[ray.ObjectRef]]]:
        """Each piece with its rows and the records that may be on them."""
        for (table, _), piece in zip(rows, ray.get([piece for _, piece in rows]), strict=True):
            part = int(place_of(numpy.array([piece]))[0])
            yield piece, table, [made[part] for made in records]

    def note(plan: bytes) -> list[list[ray.ObjectRef]]:
        return [noted.remote(plan, table) for table, _ in rows]

    def work(records: list[list[ray.ObjectRef]], plan: bytes) -> list[list[ray.ObjectRef]]:
        return [worked.remote(plan, *(made[each] for made in records)) for each in range(partitions)]

    def answer(records: list[list[ray.ObjectRef]], plan: bytes) -> list[list[ray.ObjectRef]]:
        return [answered.remote(plan, piece, table, *parts) for piece, table, parts in on_pieces(records)]

    def tallies(records: list[list[ray.ObjectRef]]) -> list[tuple[int, bytes]]:
        return [each for told in ray.get([made[-1] for made in records]) for each in told]

    rows = [rows_of.remote(token) for token in tokens]
    records, plan = _jobs.in_passes(pond, job.table, note, work, answer, tallies)
    outcomes = [judged.remote(plan, piece, table, *parts) for piece, table, parts in on_pieces(records)]
    return [outcome for _, outcome in sorted(each for each in ray.get(outcomes) if each is not None)]


def _run_fold(job: Job, tokens: list[str], partitions: int) -> list[str]:
    import pyarrow

    def rows_of(batch: pyarrow.Table) -> pyarrow.Table:
        made = [rows for row in batch.to_pylist() for rows in job.split_rows(row["work"])]
        table = pyarrow.Table.from_batches(made)
        parts = [int.from_bytes((key or b"")[:4], "little") % partitions for key in table.column("_fold_key").to_pylist()]
        return table.append_column("_fold_part", pyarrow.array(parts, pyarrow.int64()))

    def folded(group: pyarrow.Table) -> pyarrow.Table:
        rows = group.drop_columns(["_fold_part"]).sort_by("_fold_position").combine_chunks()
        return pyarrow.Table.from_batches(list(job.fold(rows.to_batches())))

    def written(batch: pyarrow.Table) -> pyarrow.Table:
        outcome = job.write(batch.combine_chunks().to_batches())
        return _work([outcome] if outcome else [])

    keyed = _splits(tokens).map_batches(rows_of, batch_format="pyarrow", batch_size=1)
    results = keyed.groupby("_fold_part").map_groups(folded, batch_format="pyarrow").sort("_fold_position")
    return _in_order(results.map_batches(written, batch_format="pyarrow", batch_size=None))


def build(
    pond: Pond,
    *,
    splits: int | None = None,
    retry_rejects: bool = False,
    progress: ProgressFunction | None = None,
) -> BuildReport:
    """Brings every table of the pond up to date, with Ray's workers for the work.

    The rows, their order and their `_row`, `_parent` and `_key` are those that `pond.build()` makes; each table changes
    in one commit, at its end. See `millpond.spark.build`.

    `splits`: into how many pieces the rows of a table are cut; by default three for each of the cluster's cores.
    """
    import ray

    if not ray.is_initialized():
        ray.init()
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def run_fold(job: Job, tokens: list[str]) -> list[str]:
        if _millpond.can_scatter(pond._pond, job.table):
            return _in_passes(job, pond, tokens, 2 * cores)
        return _run_fold(job, tokens, 2 * cores)

    return _jobs.build(pond, "ray", splits or 3 * cores, _run_splits, run_fold, retry_rejects, progress)


__all__ = ["build", "fold", "map"]

