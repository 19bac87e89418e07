"""The whole job: a folder of documents becomes searchable passages, with millpond and with three stacks that people use.

Same files, passages of about 256 tokens, the same sentence model (all-MiniLM-L6-v2), two threads, whole processes:
  first build, nothing changed, one file edited, one deleted, the build without the model, queries, memory, installed size,
  and what is stored after kill -9 and after two builds at once.
Checked: every file has passages, the edit is found once, nothing is stored twice, answers share documents.
Repeats: millpond 5 (the first build once), peers --peer-repeats; medians. The file cache is warm; the first build is the warm-up.
"""

import json
import random
import shutil
import threading

import measure
from measure import PEERS, Result, median, number, say
from systems import HERE, Millpond, Peer

SOUGHT = "zebraquagga{:02}"
# Twice, since some splitters end a passage inside a word.
MARKER = f"The miller saw {SOUGHT} at the weir, where nobody before had ever seen anything at all like {SOUGHT}."


def html_files(corpus):
    """Files to edit and delete: pages with a few paragraphs, the same ones for everybody."""
    return [p for p in sorted(corpus.rglob("*.html")) if p.stat().st_size > 5000 and p.read_text("utf8", "replace").count("</p>") > 3]


def mark(path, marker):
    before, paragraph, after = path.read_text("utf8").rpartition("</p>")
    path.write_text(f"{before} {marker}{paragraph}{after}", "utf8")


def the_job(system, corpus, figures):
    """All figures of one system with the model; `figures` is filled as they come."""
    first = system.build(watch=True)
    stored = system.rows()
    figures.update(first_s=first.seconds + system.setup_seconds, chunks=stored["rows"], files=stored["files"],
                   characters=stored["characters"], private_mb=first.peak_private_mb, rss_mb=first.peak_rss_mb,
                   ms_a_chunk=1e3 * (first.seconds + system.setup_seconds) / max(1, stored["rows"]))
    say(f"  {system.name}: {stored['rows']} chunks in {figures['first_s']:.1f} s")
    figures["unchanged_s"] = median(system.build().seconds for _ in range(system.repeats))
    figures.update({k: v for k, v in system.query(HERE / "questions.txt").items()})
    files, seconds, found = html_files(corpus), [], []
    for i in range(system.repeats):
        mark(files[i], MARKER.format(i, i))
        seconds.append(system.build().seconds)
        found.append(system.rows(SOUGHT.format(i))["marked"])
    wrong = [] if all(1 <= n <= 2 for n in found) else [f"edits found {found} times"]
    figures["edited_s"] = median(seconds)
    seconds = []
    for i in range(system.repeats):
        files[-1 - i].unlink()
        seconds.append(system.build().seconds)
    after = system.rows()
    if (left := after["files"]) != stored["files"] - system.repeats:
        wrong.append(f"{left} files of {stored['files']} after {system.repeats} deletions")
    if (more := (after["rows"] - after["distinct"]) - (stored["rows"] - stored["distinct"])) > 0:
        wrong.append(f"{more} rows doubled")
    figures.update(deleted_s=median(seconds), wrong=wrong)


def the_crashes(make, corpus, kills, figures):
    """Rows after kill -9 and another build, and after two builds at once, against the rows of one clean build. Without the model."""
    clean = make("clean", corpus)
    seconds = clean.build().seconds
    rows = clean.rows()["rows"]
    clean.close()
    chance = random.Random(7)
    worst = rows
    for i in range(kills):
        system = make(f"kill{i}", corpus)
        system.build(kill_after=seconds * chance.uniform(0.4, 0.95))
        again = system.build(check=False)
        got = system.rows()["rows"] if again.code == 0 else -1
        worst = max(worst, got, key=lambda n: abs(n - rows))
        system.close()
    both = make("both", corpus)
    codes = [None, None]
    threads = [threading.Thread(target=lambda i=i: codes.__setitem__(i, both.build(check=False).code)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = both.rows()["rows"] if 0 in codes else -1
    both.close()
    figures.update(clean_rows=rows, after_kill=worst, kills=kills, together=together, together_failed=sum(c != 0 for c in codes))


def without_model(make, corpus, figures):
    times, repeats = [], 1
    while len(times) < repeats:
        system = make("fast", corpus)
        repeats = system.repeats
        times.append(system.build().seconds + system.setup_seconds)
        system.close()
    figures["no_model_s"] = median(times)


def copy(corpus, folder):
    """A copy that may be edited, whatever the rights of the original."""
    shutil.copytree(corpus, folder, copy_function=shutil.copyfile)
    for each in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        each.chmod(0o755)
    return folder


def small_copy(corpus, folder, every):
    copy(corpus, folder)
    for i, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        if i % every:
            path.unlink()
    return folder


def shared_documents(ours, theirs):
    return sum(bool(set(ours[q]) & set(theirs[q])) for q in ours), len(ours)


def results_of(figures):
    ours, peers = figures["millpond"], {name: f for name, f in figures.items() if name != "millpond"}

    def compare(what, key, unit, goal, most=True):
        got = {name: f[key] for name, f in peers.items() if key in f}
        best = min(got, key=got.get) if got else ""
        return Result(what, ours[key], unit, goal, most, got.get(best), best, ", ".join(f"{n} {number(v)}" for n, v in got.items()))

    results = [
        compare("first build", "ms_a_chunk", "ms/chunk", 24),
        compare("nothing changed", "unchanged_s", "s", 0.2),
        compare("one file edited", "edited_s", "s", 1.5),
        compare("one file deleted", "deleted_s", "s", 0.5),
        compare("first build without the model", "no_model_s", "s", 1.5),
        compare("query without its embedding", "without_embedding_ms", "ms", 2),
        compare("query with its embedding", "with_embedding_ms", "ms", 10),
        compare("peak private memory of the first build", "private_mb", "MB", 400),
        compare("installed", "install_mb", "MB", 800),
    ]
    results[0].note = "; ".join(f"{n}: {f['chunks']} chunks of {f['files']} files, {f['characters'] / 1e6:.2f} M characters, {f['first_s']:.1f} s"
                                for n, f in figures.items())
    for what, key in ((f"rows wrong after kill -9 and a build, worst of {ours['kills']}", "after_kill"), ("rows wrong after two builds at once", "together")):
        wrong = {n: abs(f[key] - f["clean_rows"]) for n, f in figures.items()}
        note = ", ".join(f"{n} {f[key]} of {f['clean_rows']}" for n, f in figures.items())
        least = min(peers, key=lambda n: wrong[n]) if peers else ""
        results.append(Result(what, wrong["millpond"], "rows", 0, True, wrong.get(least), least, note))
    agree = ", ".join("{} {} of {}".format(n, *shared_documents(ours["hits"], f["hits"])) for n, f in peers.items())
    results.append(Result("edits found once, deletions gone, none doubled", float(not ours["wrong"]), "", 1, False, None, "",
                          ", ".join(f"{n} {'; '.join(f['wrong']) or 'yes'}" for n, f in figures.items()) +
                          (f"; questions whose top 5 share a document with ours: {agree}" if agree else "")))
    return results


def main():
    options = measure.arguments(__doc__, peers=("llamaindex,cocoindex,pixeltable", "which peers"), peer_repeats=(1, "repeats of a peer's builds"),
                                kills=(10, "times that millpond is killed"), peer_kills=(2, "times that a peer is killed"))
    names = [] if options.no_peers else options.peers.split(",")
    skipped = [f"{n}: run bench/peers/install.sh {n}" for n in names if not (PEERS / n / "bin/python").exists()]
    names = [n for n in names if (PEERS / n / "bin/python").exists()]
    if not (PEERS / "tables/bin/python").exists():
        raise SystemExit("the rows of a pond are counted with PyIceberg: run bench/peers/install.sh tables")
    work, source = measure.scratch("whole_job"), measure.documents()
    if options.quick:
        source = small_copy(source, work / "few", 15)
    crash_corpus = small_copy(source, work / "crash", 1 if options.quick else 6)
    figures = {}
    for name in ["millpond", *names]:
        def make(store, corpus, model=False):
            store = work / f"{name}-{store}"
            return Millpond(store, corpus, model) if name == "millpond" else Peer(name, store, corpus, model, options.peer_repeats)
        corpus = copy(source, work / f"{name}-corpus")
        say(f"{name}: the job")
        figures[name] = {}
        system = make("store", corpus, True)
        the_job(system, corpus, figures[name])
        figures[name]["install_mb"] = system.install_mb()
        system.close()
        say(f"{name}: without the model, crashes")
        without_model(make, source, figures[name])
        the_crashes(make, crash_corpus, options.kills if name == "millpond" else options.peer_kills, figures[name])
    (work / "figures.json").write_text(json.dumps(figures, indent=1))
    measure.finish(options, results_of(figures), skipped, f"{sum(p.is_file() for p in source.rglob('*'))} files of {source}")


if __name__ == "__main__":
    main()
