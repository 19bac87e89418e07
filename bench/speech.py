"""Recordings to text on one thread, beside faster-whisper with the same weights (Whisper base): seconds of sound a CPU second, and wrong words.

Speech: texts of this project, spoken by espeak-ng (apt install espeak-ng), whose voice is harder to understand than a person's. Ours is the CPU time
of the whole process, loading the models included; theirs that of decoding and hearing alone. Wrong words: the least number of words to add, leave out
or replace, by the number of words; numbers and names count as they are written.
"""

import json
import re
import shutil
import wave

import measure
from measure import MILLPOND, PEERS, ROOT, Result, run, say

TEXTS = (
    "A pond is a folder of tables. Sources say where rows come from: files, mail, a database, or a topic. Operators take one row and give some. Folds need "
    "rows together, to find what is said twice, or to count. A flow says which tables derive from which, by which operators.",
    "A build brings the derived tables up to date with their sources. It is a difference: what was added and removed since the last one. A row whose key is "
    "known is used again, even if it moved to another document. Data and cursor are committed together, so a crash at any point loses nothing and doubles nothing.",
    "Indexes are derived too, one segment for each data file, tied to a snapshot. A search sees exactly one snapshot. Permissions follow lineage. Rights are never "
    "copied; they are looked up through the source of a row when it is read. Removing a source removes all that was made from it.",
)


def words(text):
    return re.findall(r"[a-z']+", text.lower())


def wrong(said, heard):
    """Word error rate."""
    said, heard = words(said), words(heard)
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1] / len(said)


def spoken(folder, texts):
    paths, seconds = [], 0
    for number, text in enumerate(texts):
        paths.append(folder / f"{number}.wav")
        run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", paths[-1], text])
        with wave.open(str(paths[-1])) as file:
            seconds += file.getnframes() / file.getframerate()
    return paths, seconds


def main():
    options = measure.arguments(__doc__)
    model, python = ROOT / ".deps/models/whisper_base", PEERS / "speech/bin/python"
    if not shutil.which("espeak-ng") or not model.is_dir():
        return measure.finish(options, [], ["everything: apt install espeak-ng; ./dev install --models"])
    folder, skipped, results = measure.scratch("speech"), [], []
    texts = TEXTS[:1] if options.quick else TEXTS
    paths, seconds = spoken(folder, texts)
    said = " ".join(texts)
    say(f"millpond, {seconds:.0f} s of speech")
    process = run([MILLPOND, "--threads", "1", "extract", "--format", "text", "--out", folder / "texts", *paths])
    heard = [re.sub(r"\[\d+:\d\d:\d\d\]", "", path.read_text().split("Transcript", 1)[-1]) for path in sorted((folder / "texts").glob("*.txt"))]
    ours, peers = (seconds / process.cpu_seconds, wrong(said, " ".join(heard))), {}
    if not options.no_peers and python.exists():
        for kind in ("int8", "float32"):
            say(f"faster-whisper, {kind}")
            peers[kind] = json.loads(run([python, ROOT / "bench/peers/speech.py", model, kind, *paths]).out.splitlines()[-1])
    elif not options.no_peers:
        skipped.append("faster-whisper: run bench/peers/install.sh speech")
    for kind in peers or [""]:
        theirs, name = peers.get(kind), f"faster-whisper {kind}" if kind else ""
        rate = theirs and seconds / theirs["cpu_seconds"]
        results.append(Result("recordings to text", ours[0], "s/CPU-s", rate, False, rate, name,
                              "ours loads its models in this time"))
        results.append(Result("wrong words", ours[1], "", None, True, theirs and wrong(said, " ".join(theirs["texts"])), name, f"of {len(words(said))}"))
    return measure.finish(options, results, skipped)


if __name__ == "__main__":
    main()
