"""The job with CocoIndex, which remembers what it did for each file, into a LanceDB table."""

import job  # first: it sets the environment

import io
import os
import pathlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

# CocoIndex opens its state when it is imported, so the store is needed before that.
STORE = os.path.abspath(sys.argv[sys.argv.index("--store") + 1])
CORPUS = os.path.abspath(sys.argv[sys.argv.index("--corpus") + 1])
MODEL = None if "--no-model" in sys.argv else job.model_folder()
os.environ["COCOINDEX_DB"] = os.path.join(STORE, "state")
os.makedirs(STORE, exist_ok=True)

import cocoindex as coco
import numpy
from bs4 import BeautifulSoup
from cocoindex.connectors import lancedb, localfs
from cocoindex.ops.sentence_transformers import SentenceTransformerEmbedder
from cocoindex.ops.text import RecursiveSplitter
from cocoindex.resources.chunk import Chunk
from cocoindex.resources.file import FileLike
from cocoindex.resources.id import IdGenerator
from numpy.typing import NDArray
from pypdf import PdfReader

TABLE = "passages"
CHARACTERS = 1000  # about 256 tokens of this corpus; the splitter counts characters


class Constant(SentenceTransformerEmbedder):
    """In the model's place, for the job without the model."""

    @coco.fn(memo=True)
    async def embed(self, text):
        return numpy.ones(job.DIMENSIONS, numpy.float32)


Model = Constant if MODEL is None else SentenceTransformerEmbedder
DATABASE = coco.ContextKey[lancedb.LanceAsyncConnection]("database")
EMBEDDER = coco.ContextKey[Model]("embedder")
SPLITTER = RecursiveSplitter()


@dataclass
class Passage:
    id: int
    file: str
    page: int
    text: str
    vector: Annotated[NDArray, EMBEDDER]


@coco.lifespan
async def services(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
    builder.provide(DATABASE, await lancedb.connect_async(os.path.join(STORE, "lance")))
    builder.provide(EMBEDDER, Model(MODEL or job.model_folder(), device="cpu"))
    yield


def texts_of(name, content):
    if name.endswith(".pdf"):
        return [(number, page.extract_text()) for number, page in enumerate(PdfReader(io.BytesIO(content)).pages, 1)]
    if name.endswith(".html"):
        return [(0, BeautifulSoup(content, "html.parser").get_text())]
    return [(0, content.decode("utf8", "replace"))]


@coco.fn
async def store_passage(piece: tuple[int, Chunk], name: str, ids: IdGenerator, table: lancedb.TableTarget[Passage]) -> None:
    page, chunk = piece
    vector = await coco.use_context(EMBEDDER).embed(chunk.text)
    table.declare_row(row=Passage(await ids.next_id(chunk.text), name, page, chunk.text, vector))


@coco.fn(memo=True)
async def store_file(file: FileLike, table: lancedb.TableTarget[Passage]) -> None:
    name = str(file.file_path.path)
    content = await file.read()
    pieces = [(page, chunk) for page, text in texts_of(name, content) for chunk in SPLITTER.split(text, chunk_size=CHARACTERS)]
    await coco.map(store_passage, pieces, name, IdGenerator(), table)


@coco.fn
async def flow(folder: pathlib.Path) -> None:
    schema = await lancedb.TableSchema.from_class(Passage, primary_key=["id"])
    table = await lancedb.mount_table_target(DATABASE, table_name=TABLE, table_schema=schema)
    await coco.mount_each(store_file, localfs.walk_dir(folder, recursive=True).items(), table)


APP = coco.App(coco.AppConfig(name="whole_job"), flow, folder=pathlib.Path(CORPUS))


def build(_corpus, _store, _model):
    APP.update_blocking()


def table_of(store):
    import lancedb as lance
    return lance.connect(os.path.join(store, "lance")).open_table(TABLE)


def rows(store):
    return [(row["file"], row["page"], row["text"]) for row in table_of(store).to_arrow().to_pylist()]


def searcher(store, model):
    from sentence_transformers import SentenceTransformer
    encoder = SentenceTransformer(model, device="cpu")
    table = table_of(store)

    def search(vector, limit):
        return [(row["file"], row["page"], row["text"]) for row in table.search(vector).limit(limit).to_list()]

    return lambda question: encoder.encode(question, normalize_embeddings=True), search


if __name__ == "__main__":
    job.main(build, rows, searcher)
