"""The job with Pixeltable: a table of documents, a view of their chunks, an embedding index on the view.

Pixeltable does not watch folders, so this version compares modification times itself, as its users do.
"""

import job  # first: it sets the environment

import os
import pathlib
import sys

os.environ["PIXELTABLE_HOME"] = os.path.abspath(sys.argv[sys.argv.index("--store") + 1])

import pixeltable as pxt
from pixeltable.functions.document import document_splitter
from pixeltable.functions.huggingface import sentence_transformer

from pixeltable_constant import constant

CHARACTERS = 1000  # about 256 tokens of this corpus; counting tokens needs a package of its own


def build(corpus, _store, model):
    documents = pxt.create_table("documents", {"document": pxt.Document, "path": pxt.String, "changed": pxt.String}, if_exists="ignore")
    split = document_splitter(documents.document, separators="page,char_limit", limit=CHARACTERS, overlap=0, metadata="page")
    chunks = pxt.create_view("chunks", documents, iterator=split, if_exists="ignore")
    embedding = constant if model is None else sentence_transformer.using(model_id=model, normalize_embeddings=True)
    chunks.add_embedding_index("text", idx_name="by_meaning", embedding=embedding, if_exists="ignore")
    stored = {row["path"]: row["changed"] for row in documents.select(documents.path, documents.changed).collect()}
    found = {str(path): str(path.stat().st_mtime_ns) for path in pathlib.Path(corpus).rglob("*") if path.is_file()}
    for path in (path for path, changed in stored.items() if found.get(path) != changed):
        documents.delete(where=documents.path == path)
    fresh = sorted(path for path, changed in found.items() if stored.get(path) != changed)
    if fresh:
        documents.insert([{"document": path, "path": path, "changed": found[path]} for path in fresh], on_error="ignore")


def rows(_store):
    chunks = pxt.get_table("chunks")
    return [(row["path"], row["page"], row["text"]) for row in chunks.select(chunks.path, chunks.page, chunks.text).collect()]


def searcher(_store, model):
    from sentence_transformers import SentenceTransformer
    encoder = SentenceTransformer(model, device="cpu")
    chunks = pxt.get_table("chunks")

    def search(vector, limit):
        likeness = chunks.text.similarity(vector=vector)
        found = chunks.order_by(likeness, asc=False).limit(limit).select(chunks.path, chunks.page, chunks.text).collect()
        return [(row["path"], row["page"], row["text"]) for row in found]

    return lambda question: encoder.encode(question, normalize_embeddings=True), search


if __name__ == "__main__":
    job.main(build, rows, searcher)
