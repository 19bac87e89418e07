"""millpond: folders of documents into cited answers, with everything in between in open tables.

>>> import millpond as mp
>>> pond = mp.open("library", create=True)
>>> pond.add("handbook")
>>> pond.build()
>>> print(pond.ask("How long is the notice period?"))

Rows go in and out in Arrow's form, by its PyCapsule protocol: pyarrow, polars, pandas and DuckDB take them as they are.
`millpond.spark` and `millpond.ray` run the same flow on a cluster.
"""

from ._errors import (
    AlreadyExistsError,
    CancelledError,
    ConflictError,
    DataCorruptError,
    DeadlineExceededError,
    Error,
    InternalError,
    InvalidArgumentError,
    IoError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
)
from ._filter import Column, Filter, col
from ._millpond import Batch
from ._models import Chunk, Chunker, Document, Element, Embedder, Tokenizer, extract
from ._nearest import Neighbour, Neighbours
from ._operators import (
    Chain,
    ChainRows,
    Definition,
    Fold,
    Option,
    Reject,
    definition,
    fold,
    operator,
    operators,
)
from ._pond import (
    Answer,
    BuildReport,
    Citation,
    Found,
    Link,
    Passage,
    Pond,
    Searcher,
    Sentence,
    Shown,
    Step,
    TableReport,
    init,
    open,
)
from ._rows import Field, Rows
from ._runtime import Progress
from ._table import DataFile, Maintenance, Snapshot, Table

__version__ = "0.1.0"

__all__ = [
    "AlreadyExistsError",
    "Answer",
    "Batch",
    "BuildReport",
    "CancelledError",
    "Chain",
    "ChainRows",
    "Chunk",
    "Chunker",
    "Citation",
    "Column",
    "ConflictError",
    "DataCorruptError",
    "DataFile",
    "DeadlineExceededError",
    "Definition",
    "Document",
    "Element",
    "Embedder",
    "Error",
    "Field",
    "Filter",
    "Fold",
    "Found",
    "InternalError",
    "InvalidArgumentError",
    "IoError",
    "Link",
    "Maintenance",
    "Neighbour",
    "Neighbours",
    "NotFoundError",
    "Option",
    "Passage",
    "PermissionDeniedError",
    "Pond",
    "Progress",
    "Reject",
    "ResourceExhaustedError",
    "Rows",
    "Searcher",
    "Sentence",
    "Shown",
    "Snapshot",
    "Step",
    "Table",
    "TableReport",
    "Tokenizer",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedError",
    "col",
    "definition",
    "extract",
    "fold",
    "init",
    "open",
    "operator",
    "operators",
]
