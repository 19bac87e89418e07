"""millpond on Spark: the same flow over the same tables, or operators and folds on any data frame.

>>> import millpond.spark as mps
>>> mps.build(spark, pond)                                    # what pond.build() makes, made by the executors
>>> mps.map(frame, mp.operator("mean_word_length"))           # operators through mapInArrow
>>> mps.fold(frame, mp.fold("dedup_exact", by=["text"]))      # folds through a shuffle by key

The executors need this package, and see the pond's folder at the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import _jobs, _millpond
from ._jobs import Job
from ._operators import Chain, Fold
from ._pond import BuildReport, Pond
from ._runtime import ProgressFunction

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterator["pyarrow.RecordBatch"]


def _spark_schema(columns: object) -> Any:
    import pyarrow
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(pyarrow.schema(columns))


def _plain_fields(columns: pyarrow.Schema) -> list[pyarrow.Field]:
    import pyarrow

    fixed = pyarrow.types.is_fixed_size_binary
    return [field.with_type(pyarrow.binary()) if fixed(field.type) else field for field in columns]


def _plain(batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """Identities as plain binary: Spark has no binary of a fixed width."""
    import pyarrow

    fields = _plain_fields(batch.schema)
    if all(field.type == before.type for field, before in zip(fields, batch.schema, strict=True)):
        return batch
    columns = [column.cast(field.type) for column, field in zip(batch.columns, fields, strict=True)]
    return pyarrow.RecordBatch.from_arrays(columns, schema=pyarrow.schema(fields))


def _output_schema(frame: DataFrame, made: Callable[[object], object]) -> Any:
    """The Spark schema of what `made` gives for the frame's rows."""
    import pyarrow
    from pyspark.sql.pandas.types import to_arrow_schema

    rows = made(to_arrow_schema(frame.schema).empty_table())
    columns = pyarrow.RecordBatchReader.from_stream(rows).schema
    return _spark_schema(pyarrow.schema(_plain_fields(columns)))


class _Through:
    """A chain or a fold over a partition. A class of this package, so that Spark sends it to its workers by name."""

    def __init__(self, step: Callable[[object], object]) -> None:
        self.step = step

    def __call__(self, batches: Batches) -> Batches:
        import pyarrow

        first, batches = _jobs._peeked(batches)
        if first is not None:
            for batch in pyarrow.RecordBatchReader.from_stream(self.step(batches)):
                yield _plain(batch)


class _OneThread:
    """A chain on one thread: Spark runs a worker for each core already."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def __call__(self, rows: object) -> object:
        return self.chain(rows, threads=1)


def map(frame: DataFrame, chain: Chain) -> DataFrame:
    """The frame's rows through operators, by mapInArrow; with the columns that they add.

    Rows that a step drops or rejects are left out.
    """
    step = _OneThread(chain)
    return frame.mapInArrow(_Through(step), _output_schema(frame, step))


def fold(frame: DataFrame, fold: Fold, order_by: str | None = None, partitions: int | None = None) -> DataFrame:
    """Brings rows of equal keys together by Spark's shuffle, and folds them.

    `order_by`: a column that says which row of a key comes first; without it Spark's order decides, which may differ
    from run to run.
    """
    keyed = frame.mapInArrow(_Through(fold.with_key), _output_schema(frame, fold.with_key))
    shuffled = keyed.repartition(partitions, "_fold_key") if partitions else keyed.repartition("_fold_key")
    if order_by is not None:
        shuffled = shuffled.sortWithinPartitions(order_by)
    return shuffled.mapInArrow(_Through(fold), _output_schema(keyed, fold)).drop("_fold_key")


class _Splits:
    """Splits in, outcomes out."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, batches: Batches) -> Batches:
        import pyarrow

        for batch in batches:
            for number, split in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                outcome = self.job.run_split(split)
                yield pyarrow.RecordBatch.from_pydict({"number": [number], "work": [outcome]})


class _SplitRows(_Splits):
    """Splits in, rows before the fold out."""

    def __call__(self, batches: Batches) -> Batches:
        for batch in batches:
            for split in batch.column(1).to_pylist():
                yield from self.job.split_rows(split)


class _FoldSplit(_Splits):
    """Rows of some keys in, their results out."""

    def __call__(self, batches: Batches) -> Batches:
        yield from self.job.fold(batches)


class _Write(_Splits):
    """Results in order in, the outcome of writing them out."""

    def __call__(self, batches: Batches) -> Batches:
        import pyarrow

        written = self.job.write(batches)
        if written is not None:
            yield pyarrow.RecordBatch.from_pydict({"number": [written[0]], "work": [written[1]]})


class _Note(_Splits):
    """Rows of a split in, records out."""

    def __init__(self, job: Job, plan: bytes) -> None:
        super().__init__(job)
        self.plan = plan

    def __call__(self, batches: Batches) -> Batches:
        yield from self.job.note(self.plan, batches)


class _Work(_Note):
    """Records of some places in, records out."""

    def __call__(self, batches: Batches) -> Batches:
        yield from self.job.work(self.plan, batches)


class _JudgeAndWrite(_Note):
    """Rows and verdicts in order in, the outcome of writing the results out."""

    def __call__(self, batches: Batches) -> Batches:
        import pyarrow

        written = self.job.write(self.job.judge(self.plan, batches))
        if written is not None:
            yield pyarrow.RecordBatch.from_pydict({"number": [written[0]], "work": [written[1]]})


def _in_passes(job: Job, pond: Pond, rows: DataFrame, partitions: int) -> list[str]:
    """The outcomes of a fold in passes: small records go through the shuffle, and rows only to the verdicts on them."""
    from pyspark import StorageLevel
    from pyspark.sql import functions as sql

    columns = _spark_schema(_millpond.record_columns())
    rows = rows.persist(StorageLevel.DISK_ONLY)
    kept: list[DataFrame] = []

    def made(records: DataFrame) -> DataFrame:
        kept.append(records.persist())
        return records

    def note(plan: bytes) -> DataFrame:
        return made(rows.mapInArrow(_Note(job, plan), columns))

    def work(records: DataFrame, plan: bytes) -> DataFrame:
        shuffled = records.where(records.kind != _jobs.TALLY).repartition(partitions, "place")
        return made(shuffled.mapInArrow(_Work(job, plan), columns))

    def with_records(records: DataFrame) -> DataFrame:
        """The rows in order, each after the records on it."""
        addressed = records.where(records.kind != _jobs.TALLY).selectExpr("a as _fold_position", "value as _verdict")
        both = rows.unionByName(addressed, allowMissingColumns=True)
        parted = both.withColumn("_piece", sql.shiftright("_fold_position", 32)).repartitionByRange(partitions, "_piece")
        return parted.sortWithinPartitions(sql.col("_fold_position"), sql.col("_verdict").isNull()).drop("_piece")

    def answer(records: DataFrame, plan: bytes) -> DataFrame:
        return made(with_records(records).mapInArrow(_Note(job, plan), columns))

    def tallies(records: DataFrame) -> list[tuple[int, bytes]]:
        found = records.where(records.kind == _jobs.TALLY).select("a", "value").collect()
        while len(kept) > 1:
            kept.pop(0).unpersist()  # what this pass was made from
        return [(row["a"], bytes(row["value"])) for row in found]

    try:
        records, plan = _jobs.in_passes(pond, job.table, note, work, answer, tallies)
        judged = with_records(records).mapInArrow(_JudgeAndWrite(job, plan), "number long, work string")
        return _in_order(judged)
    finally:
        for each in [rows, *kept]:
            each.unpersist()


def _one_each(spark: SparkSession, splits: Iterable[str]) -> DataFrame:
    """A partition for each split."""
    numbered = list(enumerate(splits))
    rows = spark.sparkContext.parallelize(numbered, len(numbered))
    return spark.createDataFrame(rows, "number long, work string")


def _in_order(frame: DataFrame) -> list[str]:
    return [row["work"] for row in sorted(frame.collect(), key=lambda row: row["number"])]


def build(
    spark: SparkSession,
    pond: Pond,
    *,
    splits: int | None = None,
    retry_rejects: bool = False,
    progress: ProgressFunction | None = None,
) -> BuildReport:
    """Brings every table of the pond up to date, with Spark's executors for the work.

    The rows, their order and their `_row`, `_parent` and `_key` are those that `pond.build()` makes; each table changes
    in one commit, at its end. Incremental like any build: what is up to date is left alone, and what costly steps
    computed before is reused. The driver lists the sources and commits; the executors read, compute, index and write.

    `splits`: into how many pieces the rows of a table are cut; by default three for each of Spark's cores.
    Errors: ConflictError if somebody else built the same table meanwhile.
    """
    pieces = splits or 3 * spark.sparkContext.defaultParallelism
    partitions = spark.sparkContext.defaultParallelism

    def run_splits(job: Job, tokens: list[str]) -> list[str]:
        return _in_order(_one_each(spark, tokens).mapInArrow(_Splits(job), "number long, work string"))

    def run_fold(job: Job, tokens: list[str]) -> list[str]:
        before, after = (_spark_schema(each) for each in _millpond.shuffle_columns(pond._pond, job.table))
        rows = _one_each(spark, tokens).mapInArrow(_SplitRows(job), before)
        if _millpond.can_scatter(pond._pond, job.table):
            return _in_passes(job, pond, rows, partitions)
        keyed = rows.repartition(partitions, "_fold_key").sortWithinPartitions("_fold_position")
        folded = keyed.mapInArrow(_FoldSplit(job), after)
        ordered = folded.repartitionByRange(partitions, "_fold_position").sortWithinPartitions("_fold_position")
        return _in_order(ordered.mapInArrow(_Write(job), "number long, work string"))

    return _jobs.build(pond, "spark", pieces, run_splits, run_fold, retry_rejects, progress)


__all__ = ["build", "fold", "map"]
