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
    """The outcomes of a fold in passes: small records go through the shuffle, and rows only to the verdicts on them."""
    import pyarrow
    import pyarrow.compute

    schema = pyarrow.schema(_millpond.shuffle_columns(pond._pond, job.table)[0])
    schema = schema.append(pyarrow.field("_verdict", pyarrow.binary()))
    columns = pyarrow.schema(_millpond.record_columns())

    def rows_of(batch: pyarrow.Table) -> pyarrow.Table:
        made = [rows for row in batch.to_pylist() for rows in job.split_rows(row["work"])]
        table = pyarrow.Table.from_batches(made)
        return table.append_column(schema.field("_verdict"), pyarrow.nulls(table.num_rows, pyarrow.binary()))

    def placed(batches: Iterator[pyarrow.RecordBatch]) -> pyarrow.Table:
        table = pyarrow.Table.from_batches(list(batches), columns)
        places = table.column("place").to_numpy().astype("uint64") * 0x9E3779B97F4A7C15 >> 40
        return table.append_column("_part", pyarrow.array((places % partitions).astype("int64")))

    def note(plan: bytes) -> Dataset:
        def noted(batch: pyarrow.Table) -> pyarrow.Table:
            rows = batch.drop_columns(["_verdict"]).combine_chunks()
            return placed(job.note(plan, rows.to_batches()))

        return rows.map_batches(noted, batch_format="pyarrow", batch_size=None).materialize()

    def without_tallies(batch: pyarrow.Table) -> pyarrow.Table:
        return batch.filter(pyarrow.compute.not_equal(batch.column("kind"), _jobs.TALLY))

    def work(records: Dataset, plan: bytes) -> Dataset:
        def worked(group: pyarrow.Table) -> pyarrow.Table:
            return placed(job.work(plan, group.drop_columns(["_part"]).combine_chunks().to_batches()))

        groups = records.map_batches(without_tallies, batch_format="pyarrow").groupby("_part")
        return groups.map_groups(worked, batch_format="pyarrow").materialize()

    def tallies(records: Dataset) -> list[tuple[int, bytes]]:
        def only(batch: pyarrow.Table) -> pyarrow.Table:
            found = batch.filter(pyarrow.compute.equal(batch.column("kind"), _jobs.TALLY))
            return found.select(["a", "value"])

        return [(row["a"], row["value"]) for row in records.map_batches(only, batch_format="pyarrow").take_all()]

    def verdicts(batch: pyarrow.Table) -> pyarrow.Table:
        found = without_tallies(batch)
        given = {"_fold_position": found.column("a"), "_verdict": found.column("value")}
        nulls = [given.get(field.name, pyarrow.nulls(found.num_rows, field.type)) for field in schema]
        return pyarrow.table(nulls, schema=schema)

    def pieces(batch: pyarrow.Table) -> pyarrow.Table:
        numbers = pyarrow.compute.shift_right(batch.column("_fold_position"), 32)
        return batch.append_column("_piece", numbers)

    def judged(group: pyarrow.Table) -> pyarrow.Table:
        order = [("_fold_position", "ascending"), ("_verdict", "ascending")]  # a row's nulls come last
        ordered = group.drop_columns(["_piece"]).sort_by(order).combine_chunks()
        outcome = job.write(job.judge(plan, ordered.to_batches()))
        return _work([outcome] if outcome else [])

    rows = _splits(tokens).map_batches(rows_of, batch_format="pyarrow", batch_size=1).materialize()
    records, plan = _jobs.in_passes(pond, job.table, note, work, tallies)
    both = rows.union(records.map_batches(verdicts, batch_format="pyarrow"))
    groups = both.map_batches(pieces, batch_format="pyarrow").groupby("_piece")
    return _in_order(groups.map_groups(judged, batch_format="pyarrow"))


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

