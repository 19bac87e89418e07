"""The vector indexes of others, each with the settings that its users would take. Every one is built and asked on one thread.

A peer is made from a matrix and knows: `search(queries, setting, mask)`, the ids of the ten best rows of each query, of visible rows
where there is a mask; `settings`, growing effort; `filters`, whether it takes masks; `delete(rows)` or None; `module`, what it imports.
`place` is a path that does not exist yet, or one that an index was kept at before: then it is opened, not built. Without one nothing
is kept.
"""

import atexit
import os
import shutil
import tempfile

import numpy as np

TOP = 10
EFFORTS = (40, 80, 120, 200, 300, 500, 800, 1200)


def kept_at(place):
    return place is not None and os.path.exists(place)


def keep(place, write):
    """Writes an index whole or not at all."""
    if place is not None:
        write(f"{place}.begun")
        os.rename(f"{place}.begun", place)


class Hnswlib:
    module = "hnswlib"
    filters, settings = True, EFFORTS

    def __init__(self, base, masks, threads, place=None):
        import hnswlib
        self.index = hnswlib.Index("ip", base.shape[1])
        if kept_at(place):
            self.index.load_index(place)
            self.index.set_num_threads(1)
            return
        self.index.init_index(len(base), M=16, ef_construction=200, random_seed=1)
        self.index.set_num_threads(threads)
        for first in range(0, len(base), 50_000):
            self.index.add_items(base[first:first + 50_000], np.arange(first, min(first + 50_000, len(base))))
        self.index.set_num_threads(1)
        keep(place, self.index.save_index)

    def search(self, queries, ef, mask):
        self.index.set_ef(max(ef, TOP))
        if mask is None:
            return self.index.knn_query(queries, TOP)[0]
        return self.index.knn_query(queries, TOP, filter=lambda row: bool(mask[row]))[0]

    def delete(self, rows):
        for row in rows:
            self.index.mark_deleted(row)


class FaissGraph:
    module = "faiss"
    filters, settings = True, EFFORTS

    def __init__(self, base, masks, threads, place=None):
        import faiss
        self.faiss, self.gone, self.kept = faiss, None, np.ones(len(base), bool)
        if kept_at(place):
            self.index = faiss.read_index(place)
            faiss.omp_set_num_threads(1)
            return
        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = 200
        self.index.add(np.ascontiguousarray(base))
        faiss.omp_set_num_threads(1)
        keep(place, lambda path: faiss.write_index(self.index, path))

    def search(self, queries, ef, mask):
        extra = {}
        if mask is not None or self.gone:
            bits = np.packbits(self.kept if mask is None else mask & self.kept, bitorder="little")
            extra["sel"] = self.faiss.IDSelectorBitmap(bits)
        return self.index.search(queries, TOP, params=self.faiss.SearchParametersHNSW(efSearch=ef, **extra))[1]

    def delete(self, rows):  # a graph of faiss forgets no rows; they can only be passed over
        self.kept[rows], self.gone = False, True


class FaissLists:
    """Lists of product-quantised vectors; the best of them compared in full."""
    module = "faiss"
    filters, settings, delete = False, (8, 16, 32, 64, 96, 128, 192, 256, 384, 512), None

    def __init__(self, base, masks, threads, place=None):
        import faiss
        self.faiss = faiss
        if kept_at(place):
            self.index = faiss.read_index(place)
            self.codes = faiss.downcast_index(self.index.base_index)
            faiss.omp_set_num_threads(1)
            return
        faiss.omp_set_num_threads(threads)
        lists = int(4 * len(base) ** .5)
        coarse = faiss.IndexFlatIP(base.shape[1])
        codes = faiss.IndexIVFPQ(coarse, base.shape[1], lists, base.shape[1] // 8, 8, faiss.METRIC_INNER_PRODUCT)
        codes.cp.max_points_per_centroid, codes.cp.seed = 64, 1
        self.index, self.codes = faiss.IndexRefineFlat(codes), codes
        sample = np.random.default_rng(1).choice(len(base), min(len(base), 64 * lists), replace=False)
        codes.train(np.ascontiguousarray(base[np.sort(sample)]))
        self.index.is_trained = True
        for first in range(0, len(base), 50_000):
            self.index.add(np.ascontiguousarray(base[first:first + 50_000]))
        faiss.omp_set_num_threads(1)
        keep(place, lambda path: faiss.write_index(self.index, path))

    def search(self, queries, probes, mask):
        inner = self.faiss.SearchParametersIVF(nprobe=min(probes, self.codes.nlist))
        deep = 10 if probes <= 64 else 40  # so many times as many rows as are wanted are compared in full
        return self.index.search(queries, TOP, params=self.faiss.IndexRefineSearchParameters(k_factor=deep, base_index_params=inner))[1]


class Usearch:
    module = "usearch.index"
    filters, settings = False, EFFORTS

    def __init__(self, base, masks, threads, place=None):
        from usearch.index import Index
        self.index = Index(ndim=base.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_add=200)
        if kept_at(place):
            self.index.load(place)
            return
        self.index.add(np.arange(len(base)), base, threads=threads)
        keep(place, self.index.save)

    def search(self, queries, ef, mask):
        self.index.expansion_search = ef
        return self.index.search(queries, TOP, threads=1).keys

    def delete(self, rows):
        self.index.remove(np.asarray(rows), threads=1)


class Zvec:
    module = "zvec"
    filters, settings = True, EFFORTS

    def __init__(self, base, masks, threads, place=None):
        import zvec
        self.zvec, self.masks = zvec, masks
        folder = tempfile.mkdtemp(prefix="zvec-")
        atexit.register(shutil.rmtree, folder, True)
        zvec.init(log_level=zvec.LogLevel.ERROR, log_dir=folder, query_threads=1, optimize_threads=threads)
        if kept_at(place):
            self.collection = zvec.open(place)
            return
        param = zvec.HnswIndexParam(zvec.MetricType.IP, m=16, ef_construction=200)
        vector = zvec.VectorSchema("v", zvec.DataType.VECTOR_FP32, base.shape[1], param)
        fields = [zvec.FieldSchema(name, zvec.DataType.INT32, index_param=zvec.InvertIndexParam()) for name in masks]
        schema = zvec.CollectionSchema("base", fields=fields, vectors=vector)
        begun = f"{place}.begun" if place else f"{folder}/base"
        shutil.rmtree(begun, True)
        self.collection = zvec.create_and_open(begun, schema)
        for first in range(0, len(base), 1000):
            self.collection.insert([zvec.Doc(id=str(row), vectors={"v": base[row].tolist()},
                                             fields={name: int(mask[row]) for name, mask in masks.items()})
                                    for row in range(first, min(first + 1000, len(base)))])
        self.collection.optimize()
        if place:
            self.collection.flush()
            self.collection.close()
            os.rename(begun, place)
            self.collection = zvec.open(place)

    def search(self, queries, ef, mask):
        only = None if mask is None else next(f"{name} = 1" for name, each in self.masks.items() if each is mask)
        return [[int(hit.id) for hit in self.collection.query(
            self.zvec.Query("v", vector=query, param=self.zvec.HnswQueryParam(ef=ef)), topk=TOP, filter=only, output_fields=[])]
            for query in queries]

    def delete(self, rows):
        for first in range(0, len(rows), 1000):
            self.collection.delete([str(row) for row in rows[first:first + 1000]])


class Rabitq:
    """IVF with seven bits a dimension, as its authors recommend without the vectors."""
    module = "rabitqlib"
    filters, settings, delete = False, (40, 80, 120, 200, 300, 500, 800, 1200, 2400), None

    def __init__(self, base, masks, threads, place=None):
        import rabitqlib
        self.clusters = int(4 * len(base) ** .5) // 16 * 16
        if kept_at(place):
            self.index = rabitqlib.IvfIndex.load(place)
            return
        kmeans = rabitqlib.RaBitQKMeans(base.shape[1], self.clusters, num_threads=threads)
        kmeans.train(base)
        self.index = rabitqlib.IvfIndex(base.shape[1], len(base), self.clusters, 7, "ip")
        self.index.build(base, kmeans.centroids, kmeans.assignments, num_threads=threads, fast_quantization=True)
        keep(place, self.index.save)

    def search(self, queries, ef, mask):
        found = self.index.search(queries, TOP, nprobe=min(self.clusters, max(2, ef // 8)), num_threads=1)
        return next(part for part in found if np.issubdtype(part.dtype, np.integer))


PEERS = {"hnswlib": Hnswlib, "faiss": FaissGraph, "faiss-lists": FaissLists, "usearch": Usearch, "zvec": Zvec, "rabitq": Rabitq}
