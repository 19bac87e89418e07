"""The job with LlamaIndex and Chroma: a folder through an ingestion pipeline that keeps a docstore, so that it knows what changed."""

import job  # first: it sets the environment

import os

import chromadb
from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import QueryBundle
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.readers.file import FlatReader, HTMLTagReader, MarkdownReader, PDFReader
from llama_index.vector_stores.chroma import ChromaVectorStore

READERS = {".html": HTMLTagReader("body"), ".pdf": PDFReader(), ".md": MarkdownReader(), ".txt": FlatReader()}


def embedder(model):
    if model is None:
        from llama_index.core import MockEmbedding
        return MockEmbedding(embed_dim=job.DIMENSIONS, embed_batch_size=32)
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    return HuggingFaceEmbedding(model, embed_batch_size=32, device="cpu")


def collection(store):
    return chromadb.PersistentClient(os.path.join(store, "chroma")).get_or_create_collection("passages")


def build(corpus, store, model):
    kept = os.path.join(store, "docstore.json")
    docstore = SimpleDocumentStore.from_persist_path(kept) if os.path.exists(kept) else SimpleDocumentStore()
    documents = SimpleDirectoryReader(corpus, recursive=True, filename_as_id=True, file_extractor=READERS).load_data()
    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=0), embedder(model)],
        vector_store=ChromaVectorStore(chroma_collection=collection(store)),
        docstore=docstore,
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )
    pipeline.run(documents=documents)
    docstore.persist(kept)


def file_of(metadata):
    return metadata.get("file_path") or metadata.get("file_name") or metadata.get("filename")


def rows(store):
    got = collection(store).get(include=["documents", "metadatas"])
    return [(file_of(about), about.get("page_label"), text) for about, text in zip(got["metadatas"], got["documents"])]


def searcher(store, model):
    model = embedder(model)
    index = VectorStoreIndex.from_vector_store(ChromaVectorStore(chroma_collection=collection(store)), embed_model=model)
    retriever = index.as_retriever(similarity_top_k=5)

    def search(vector, _limit):
        found = retriever.retrieve(QueryBundle("", embedding=vector))
        return [(file_of(node.metadata), node.metadata.get("page_label"), node.text) for node in found]

    return model.get_query_embedding, search


if __name__ == "__main__":
    job.main(build, rows, searcher)
