"""What bench/retrieval.py and bench/million.py ask of the peers' environment: vectors from texts, each peer's build, memory, rates and
recalls, and the recall of ids that another program found.

usage: ann.py vectors DATA OUT ROWS | ann.py measure PEER FOLDER REPEAT THREADS | ann.py recall FOLDER
       ann.py compact FOLDER OUT | ann.py build PEER FOLDER THREADS | ann.py ask PEER FOLDER REPEAT THREADS

FOLDER holds base.npy, queries.npy, all.npy (the exact ten of each query), and, for each filter, visible_NAME.npy and NAME.npy.
THREADS build; one thread asks, whatever they are. build keeps the index in FOLDER and says what it cost; ask opens it, so that rates
can be measured again without another hour of building.
"""

import ctypes
import gc
import gzip
import importlib
import json
import os
import pathlib
import sys
import time

import numpy as np

from ann_indexes import PEERS, TOP

ENOUGH = .993  # settings beyond this recall take long and decide nothing
FILTERS = {"f10": .97, "f1": .97, "npl": .97}


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


def recall_of(ids, truth):
    """The part of the exact ten that was found, on average; the one definition for all. A row counts once, fillers (-1) never."""
    return float(np.mean([len(set(map(int, found)) & set(map(int, best))) / TOP for found, best in zip(ids, truth)]))


def measured(search, queries, truth, mask, settings, repeat, enough):
    """A point for each setting: recall, and queries a CPU second."""
    points = []
    for setting in settings:
        best = 1e9
        for _ in range(repeat):
            began = time.process_time()
            ids = search(queries, setting)
            best = min(best, time.process_time() - began)
        unseen = 0 if mask is None else sum(not mask[row] for found in ids for row in found if 0 <= row < len(mask))
        points.append({"setting": setting, "recall": round(recall_of(ids, truth), 4), "qps_cpu": len(queries) / best,
                       "invisible": int(unseen), "queries": len(queries)})
        if points[-1]["recall"] >= enough:
            break
    return points


def resident_mb():
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def index_place(folder, name):
    return f"{folder}/index-{name}"


def build_peer(name, folder, threads):
    base = np.load(f"{folder}/base.npy")
    base.sum()
    importlib.import_module(PEERS[name].module)
    began, clock = time.process_time(), time.monotonic()
    PEERS[name](base, {}, threads, index_place(folder, name))
    print(json.dumps({"build_cpu_s": time.process_time() - began, "build_wall_s": time.monotonic() - clock}), flush=True)


def measure_peer(name, folder, repeat, threads, place=None):
    base, queries = np.load(f"{folder}/base.npy"), np.load(f"{folder}/queries.npy")
    base.sum()
    importlib.import_module(PEERS[name].module)  # its library is no part of the index
    masks = {which: np.load(f"{folder}/visible_{which}.npy") for which in FILTERS if os.path.exists(f"{folder}/visible_{which}.npy")}
    before, began, clock = resident_mb(), time.process_time(), time.monotonic()
    peer = PEERS[name](base, masks, threads, place)
    build, build_wall, size = time.process_time() - began, time.monotonic() - clock, resident_mb() - before
    answers = {which: np.load(f"{folder}/{which}.npy") for which in ("all", *masks)}
    few = {which: queries if which == "all" else queries[:200] for which in answers}  # hnswlib's filters call Python
    peer.search(queries[:10], peer.settings[0], None)
    points = {"all": measured(lambda q, s: peer.search(q, s, None), queries, answers["all"], None, peer.settings, repeat, ENOUGH)}
    for which in masks if peer.filters else ():
        points[which] = measured(lambda q, s: peer.search(q, s, masks[which]), few[which], answers[which], masks[which],
                                 (64, 256, 1024, 4096, 16384), 1, FILTERS[which])
    found = {"build_cpu_s": build, "build_wall_s": build_wall, "resident_mb": size, "points": points}
    if peer.delete and os.path.exists(f"{folder}/visible_del.npy"):
        kept = np.load(f"{folder}/visible_del.npy")
        peer.delete(np.flatnonzero(~kept))
        points["del"] = measured(lambda q, s: peer.search(q, s, None), queries, np.load(f"{folder}/del.npy"), kept,
                                 [point["setting"] for point in points["all"]], 1, 2)
        found["resident_after_deletes_mb"] = resident_mb() - before
    print(json.dumps(found))


def compact(folder, out):
    """The same vectors and questions without the deleted rows."""
    kept = np.load(f"{folder}/visible_del.npy")
    place = np.cumsum(kept) - 1
    np.save(f"{out}/base.npy", np.load(f"{folder}/base.npy")[kept])
    np.save(f"{out}/all.npy", place[np.load(f"{folder}/del.npy")])
    np.save(f"{out}/queries.npy", np.load(f"{folder}/queries.npy"))


def recalls(folder):
    """Of ids in FOLDER/found/NAME@SETTING.i64, ten a query: their recall, and how many are invisible."""
    out = {}
    for path in sorted(pathlib.Path(folder, "found").glob("*.i64")):
        which = path.name.split("@")[0]
        ids, mask = np.fromfile(path, np.int64).reshape(-1, TOP), pathlib.Path(folder, f"visible_{which}.npy")
        unseen = 0 if not mask.exists() else int((~np.load(mask)[ids[ids >= 0]]).sum())
        out[path.stem] = {"recall": recall_of(ids, np.load(f"{folder}/{which}.npy")), "invisible": unseen}
    print(json.dumps(out))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", sys.argv[-1] if sys.argv[1] in ("measure", "build") else "1")
    if sys.argv[1] == "vectors":
        make_vectors(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "measure":
        measure_peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    elif sys.argv[1] == "build":
        build_peer(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "ask":
        measure_peer(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), index_place(sys.argv[3], sys.argv[2]))
    elif sys.argv[1] == "compact":
        compact(sys.argv[2], sys.argv[3])
    else:
        recalls(sys.argv[2])
