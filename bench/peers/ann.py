"""What bench/retrieval.py asks of the peers' environment: vectors from texts, and each peer's build, rates and recalls.

usage: ann.py vectors DATA OUT ROWS | ann.py hnswlib|faiss|usearch|zvec|rabitq FOLDER REPEAT
"""

import atexit
import gzip
import json
import os
import pathlib
import sys
import time

import numpy as np

TOP = 10


def lines(path):
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path)
    with opened:
        return [json.loads(line)[0] for line in opened]


def embed(texts):
    """The mean of the token vectors of WordLlama's 256-d model, as unit vectors."""
    import tokenizers
    import wordllama
    from safetensors.numpy import load_file
    package = pathlib.Path(wordllama.__file__).parent
    tokens = tokenizers.Tokenizer.from_file(str(package / "tokenizers/l2_supercat_tokenizer_config.json"))
    tokens.no_padding()
    tokens.enable_truncation(512)
    table = next(v for v in load_file(package / "weights/l2_supercat_256.safetensors").values() if v.ndim == 2).astype(np.float32)
    vectors = np.zeros((len(texts), table.shape[1]), np.float32)
    for first in range(0, len(texts), 4000):
        for i, encoded in enumerate(tokens.encode_batch(texts[first:first + 4000], add_special_tokens=False), first):
            if encoded.ids:
                vectors[i] = table[encoded.ids].mean(0)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def exact(base, queries, visible):
    scores = queries @ base[visible].T
    return visible[np.argsort(-scores, axis=1, kind="stable")[:, :TOP]].astype(np.int64)


def make_vectors(data, out, rows):
    base, queries = embed(lines(f"{data}/texts.jsonl.gz")[:rows]), embed(lines(f"{data}/queries.jsonl"))
    filters, deleted, given = np.load(f"{data}/filters.npz"), np.load(f"{data}/deleted.npy"), np.load(f"{data}/exact_top.npz")
    masks = {"all": np.ones(rows, bool), "del": ~deleted[:rows]} | {name: filters[name][:rows] for name in ("f10", "f1", "npl")}
    agreement = []
    for name, mask in masks.items():
        if mask.sum() < TOP:  # a small part of the data may lack a source
            mask[:TOP] = True
        if rows == len(deleted):
            truth = given[name]
            mine = exact(base, queries[:50], np.flatnonzero(mask))
            agreement.append(np.mean([len(set(a) & set(b)) / TOP for a, b in zip(mine, truth)]))
        else:
            truth = exact(base, queries, np.flatnonzero(mask))
        np.save(f"{out}/{name}.npy", truth)
        np.save(f"{out}/visible_{name}.npy", mask)
    np.save(f"{out}/base.npy", base)
    np.save(f"{out}/queries.npy", queries)
    block, rate = np.ones(64 << 20, np.float32), 0
    for _ in range(5):
        began = time.thread_time()
        block.sum()
        rate = max(rate, block.nbytes / (time.thread_time() - began))
    print(json.dumps({"agreement": round(float(min(agreement)), 4) if agreement else "computed", "bandwidth": rate}))


def measured(search, queries, truth, settings, repeat):
    """A point for each setting: recall, and queries a CPU second."""
    points = []
    for setting in settings:
        best = 1e9
        for _ in range(repeat):
            began = time.process_time()
            ids = search(queries, setting)
            best = min(best, time.process_time() - began)
        recall = np.mean([len(set(a) & set(b)) / TOP for a, b in zip(ids, truth)])
        points.append({"setting": setting, "recall": round(float(recall), 4), "qps_cpu": len(queries) / best})
    return points


def hnswlib_index(base):
    import hnswlib
    index = hnswlib.Index("ip", base.shape[1])
    index.init_index(len(base), M=16, ef_construction=200, random_seed=1)
    index.set_num_threads(1)
    index.add_items(base)

    def search(queries, ef, mask):
        index.set_ef(max(ef, TOP))
        if mask is None:
            return index.knn_query(queries, TOP)[0]
        return index.knn_query(queries, TOP, filter=lambda row: bool(mask[row]))[0]
    return search


def faiss_index(base):
    import faiss
    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 200
    index.add(base)

    def search(queries, ef, mask):
        extra = {"sel": faiss.IDSelectorBatch(np.flatnonzero(mask))} if mask is not None else {}
        return index.search(queries, TOP, params=faiss.SearchParametersHNSW(efSearch=ef, **extra))[1]
    return search


def usearch_index(base):
    from usearch.index import Index
    index = Index(ndim=base.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_add=200)
    index.add(np.arange(len(base)), base, threads=1)

    def search(queries, ef, mask):
        index.expansion_search = ef
        return index.search(queries, TOP, threads=1).keys
    return search


def zvec_index(base):
    import shutil
    import tempfile
    import zvec
    folder = tempfile.mkdtemp(prefix="zvec-")
    atexit.register(shutil.rmtree, folder, True)
    zvec.init(log_level=zvec.LogLevel.ERROR, log_dir=folder, query_threads=1, optimize_threads=1)
    param = zvec.HnswIndexParam(zvec.MetricType.IP, m=16, ef_construction=200)
    vector = zvec.VectorSchema("v", zvec.DataType.VECTOR_FP32, base.shape[1], param)
    fields = [zvec.FieldSchema(name, zvec.DataType.INT32, index_param=zvec.InvertIndexParam()) for name in MASKS]
    schema = zvec.CollectionSchema("base", fields=fields, vectors=vector)
    collection = zvec.create_and_open(f"{folder}/base", schema)
    for first in range(0, len(base), 1000):
        collection.insert([zvec.Doc(id=str(row), vectors={"v": base[row].tolist()},
                                    fields={name: int(mask[row]) for name, mask in MASKS.items()})
                           for row in range(first, min(first + 1000, len(base)))])
    collection.optimize()

    def search(queries, ef, mask):
        only = None if mask is None else next(f"{name} = 1" for name, each in MASKS.items() if each is mask)
        return [[int(hit.id) for hit in collection.query(
            zvec.Query("v", vector=query, param=zvec.HnswQueryParam(ef=ef)), topk=TOP, filter=only, output_fields=[])]
            for query in queries]
    return search


def rabitq_index(base):
    """IVF with seven bits a dimension, as its authors recommend without the vectors."""
    import rabitqlib
    clusters = int(4 * len(base) ** .5) // 16 * 16
    kmeans = rabitqlib.RaBitQKMeans(base.shape[1], clusters, num_threads=1)
    kmeans.train(base)
    index = rabitqlib.IvfIndex(base.shape[1], len(base), clusters, 7, "ip")
    index.build(base, kmeans.centroids, kmeans.assignments, num_threads=1, fast_quantization=True)

    def search(queries, ef, mask):
        found = index.search(queries, TOP, nprobe=min(clusters, max(2, ef // 8)), num_threads=1)
        return next(part for part in found if np.issubdtype(part.dtype, np.integer))
    return search


PEERS = {"hnswlib": hnswlib_index, "faiss": faiss_index, "usearch": usearch_index, "zvec": zvec_index, "rabitq": rabitq_index}
FILTERS = ("f10", "f1", "npl")
MASKS = {}  # of each filter: which rows are visible


def measure_peer(name, folder, repeat):
    base, queries = np.load(f"{folder}/base.npy"), np.load(f"{folder}/queries.npy")
    MASKS.update({which: np.load(f"{folder}/visible_{which}.npy") for which in FILTERS})
    began = time.process_time()
    search = PEERS[name](base)
    build = time.process_time() - began
    points = {}
    for which in ("all",) if name in ("usearch", "rabitq") else ("all", *FILTERS):
        mask = MASKS.get(which)
        few = queries if mask is None else queries[:200]  # filters of hnswlib call Python: slow enough
        truth = np.load(f"{folder}/{which}.npy")
        settings = (40, 80, 120, 200, 300, 500, 800, 1200) if mask is None else (64, 256, 1024)
        points[which] = measured(lambda q, ef: search(q, ef, mask), few, truth, settings, repeat if mask is None else 1)
    size = base.nbytes + len(base) * (16 * 2 * 4 + 16)  # vectors and the links of the lowest layer
    if name == "rabitq":
        size = len(base) * (base.shape[1] * 7 / 8 + 16)
    print(json.dumps({"build_cpu_s": build, "size_bytes": size, "points": points}))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if sys.argv[1] == "vectors":
        make_vectors(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        measure_peer(sys.argv[1], sys.argv[2], int(sys.argv[3]))
