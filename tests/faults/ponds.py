"""What the fault tests share: generated sources, a pond driven through the program, and what must hold of it."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "millrace"  # a word in every sentence, so that one search lists every chunk
FLOW = """version: 1
sources:
  - files: {source}
tables:
  documents:
    from: sources
    keep: [uri, media_type, sha256, size]
    steps:
      - extract
  chunks:
    from: documents
    keep: [uri, title, language]
    steps:
      - chunk: {{tokens_max: {tokens}}}
{embed}indexes:
  chunks: {{text: [text, heading_path]{vector}}}
"""


class Checks:
    """Counts what passed, and prints what did not."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def that(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}", flush=True)
        return good

    def none(self, problems, what):
        return self.that(not problems, f"{what}: " + "; ".join(map(str, problems[:4])))

    def skip(self, what, why):
        self.skipped += 1
        print(f"skipped {what}: {why}", flush=True)


class Workplace:
    """The program, the shim, the independent reader and a folder for ponds, for all tests."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        # kill -9 leaves the page cache alone, so a file system in memory tests the same and does not wait for a disk.
        memory = "/dev/shm"
        roomy = os.path.isdir(memory) and shutil.disk_usage(memory).free > 300 << 20
        self.folder = tempfile.mkdtemp(prefix="millpond-faults-", dir=memory if roomy else None)
        self.shim = os.path.join(self.folder, "fault_shim.so")
        made = subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.shim, os.path.join(HERE, "fault_shim.c")],
                              capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit("cannot compile fault_shim.c: " + made.stderr)
        self.reader = IcebergReader.start()
        self.number = 0

    def close(self):
        if self.reader:
            self.reader.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self, name):
        self.number += 1
        path = os.path.join(self.folder, f"{self.number}-{name}")
        os.makedirs(path)
        return path

    def fault(self, root, calls=None, at=0, action="kill", sticky=False, log=None):
        env = dict(os.environ, LD_PRELOAD=self.shim, FAULT_ROOT=root, FAULT_AT=str(at), FAULT_ACTION=action)
        if calls:
            env["FAULT_CALLS"] = calls
        if sticky:
            env["FAULT_STICKY"] = "1"
        if log:
            env["FAULT_LOG"] = log
        return env


class IcebergReader:
    """PyIceberg in a process of its own, which reads ponds through their catalogs and knows nothing of millpond."""

    @staticmethod
    def start():
        root = os.path.dirname(os.path.dirname(HERE))
        for python in (os.environ.get("MILLPOND_TEST_PYTHON"), os.path.join(root, ".deps/tests/bin/python"), sys.executable):
            if not python or not os.path.exists(python):
                continue
            reader = IcebergReader()
            reader.process = subprocess.Popen([python, os.path.join(HERE, "iceberg_reader.py")], stdin=subprocess.PIPE,
                                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if reader.process.stdout.readline().strip() == "ready":
                return reader
            reader.process.wait()
        return None

    def read(self, pond):
        self.process.stdin.write(pond + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Pond:
    def __init__(self, place, folder, source, tokens=254, embed=False):
        self.place, self.folder, self.source = place, folder, source
        self.root = os.path.join(folder, ".pond")
        self.write_flow(tokens, embed)

    def write_flow(self, tokens=254, embed=False):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, "pond.yaml"), "w") as file:
            file.write(FLOW.format(source=json.dumps(self.source), tokens=tokens,
                                   embed="      - embed: {model: minilm-l6}\n" if embed else "",
                                   vector=", vector: embedding" if embed else ""))

    def command(self, *words):
        return [self.place.binary, "--pond", self.root, *words]

    def run(self, *words, env=None, timeout=120, before=()):
        return subprocess.run([*before, *self.command(*words)], capture_output=True, text=True, errors="replace", env=env,
                              cwd=self.folder, timeout=timeout)

    def start(self, *words, env=None, before=()):
        return subprocess.Popen([*before, *self.command(*words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                errors="replace", env=env, cwd=self.folder)

    def init(self, env=None):
        # `init` leaves a pond.yaml that is there alone.
        return self.run("init", env=env)

    def build(self, **more):
        return self.run("build", "--json", **more)

    def json(self, *words):
        done = self.run(*words, "--json")
        if done.returncode != 0:
            raise Broken(f"{' '.join(words)}: status {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def rows(self):
        return {table["table"]: table["rows"] for table in self.json("tables")["tables"]}

    def chunks(self):
        """(citation, uri, text) of every chunk that a search can find."""
        hits = self.json("search", MARK, "--by", "words", "--limit", "1000")["hits"]  # as many as it gives: test ponds have fewer
        return [(hit["citation"], hit["document"], hit["uri"], hit["text"]) for hit in hits]

    def rejects(self):
        return sorted((reject["uri"], reject["table"], reject["code"]) for reject in self.json("rejects")["rejects"])

    def content(self):
        return sorted((uri, text) for _, _, uri, text in self.chunks())

    def save(self):
        """Keeps the pond as it is now; `restore` brings that back, in the same place, since tables name their files."""
        saved = self.place.new_folder("saved")
        shutil.copytree(self.folder, saved, dirs_exist_ok=True)
        return saved

    def restore(self, saved):
        shutil.rmtree(self.folder)
        shutil.copytree(saved, self.folder)


class Broken(Exception):
    pass


class Truth:
    """What a clean build of the same files in a fresh pond holds."""

    def __init__(self, place, source, tokens=254, embed=False):
        pond = Pond(place, place.new_folder("truth"), source, tokens, embed)
        for done in (pond.init(), pond.build()):
            if done.returncode != 0:
                raise Broken(f"the clean build failed: {done.stdout}{done.stderr}")
        self.rows, self.content, self.rejects = pond.rows(), pond.content(), pond.rejects()
        self.uris = sorted({uri for uri, _ in self.content})
        self.pond = pond
        if not self.content:
            raise Broken("the clean build gave no chunk")


def problems_of(pond, truth, independent=False):
    """Everything that does not hold of a pond after its build; empty if all is well."""
    try:
        rows, chunks, rejects = pond.rows(), pond.chunks(), pond.rejects()
    except (Broken, subprocess.TimeoutExpired) as failure:
        return [str(failure)]
    found = []
    for table in ("sources", "documents", "chunks"):
        if rows.get(table) != truth.rows[table]:
            found.append(f"{table} has {rows.get(table)} rows, a clean build {truth.rows[table]}")
    if len({row for row, _, _, _ in chunks}) != len(chunks):
        found.append("a chunk is there twice")
    if sorted((uri, text) for _, _, uri, text in chunks) != truth.content:
        found.append(f"the chunks differ from those of a clean build: {len(chunks)}, {len(truth.content)}")
    if rejects != truth.rejects:
        found.append(f"rejects {rejects}, a clean build {truth.rejects}")
    if independent and pond.place.reader:
        found += independent_problems(pond, truth)
    return found


def independent_problems(pond, truth):
    tables = pond.place.reader.read(pond.root)
    if "error" in tables:
        return ["PyIceberg: " + tables["error"]]
    found = []
    documents, chunks = tables["documents"], tables["chunks"]
    uris = [uri for _, uri in documents]
    if len(set(uris)) != len(uris):
        found.append("PyIceberg: a source has two documents")
    if len(uris) != truth.rows["documents"]:
        found.append(f"PyIceberg: {len(uris)} documents, a clean build {truth.rows['documents']}")
    if len({row for row, _, _, _ in chunks}) != len(chunks):
        found.append("PyIceberg: a chunk is there twice")
    if not {parent for _, parent, _, _ in chunks} <= {row for row, _ in documents}:
        found.append("PyIceberg: a chunk of no document")
    if sorted((uri, text) for _, _, uri, text in chunks) != truth.content:
        found.append(f"PyIceberg: the chunks differ from those of a clean build: {len(chunks)}, {len(truth.content)}")
    return found


def strays(pond):
    """Files that no table names, after a maintenance without grace."""
    done = pond.run("maintain", "--orphan-hours", "0", "--keep-snapshots", "1", "--keep-days", "0", "--json")
    if done.returncode != 0:
        return [f"maintain: status {done.returncode}: {done.stdout}{done.stderr}"]
    found = []
    done = pond.build()
    remade = [table["table"] for table in json.loads(done.stdout)["tables"] if table["table"] != "sources" and table["rows_out"]]
    if remade:
        found.append(f"a build after the maintenance did work: {remade}")
    for folder, _, names in os.walk(pond.root):
        for name in names:
            if name.endswith((".tmp", ".new")) or name.startswith("building"):
                found.append("left behind: " + os.path.join(folder, name))
    if not found and pond.place.reader:
        named = pond.place.reader.read("files " + pond.root)
        if "error" in named:
            return ["PyIceberg: " + named["error"]]
        named = set(named["files"])
        for folder, _, names in os.walk(os.path.join(pond.root, "tables")):
            found += ["nothing names " + os.path.join(folder, name) for name in names if os.path.join(folder, name) not in named]
    return found


# Sources.

def sentence(words, rng):
    return f"The {MARK} " + " ".join(rng.choice(words) for _ in range(9)) + "."


WORDS = ("stone wheel weir sluice water grain flour sack miller barley rye oats ledger parish toll bridge meadow willow ferry "
         "barge lock tow path market tithe harvest frost flood drought timber oak elm iron gear shaft pinion bearing").split()


def text_of(name, version, paragraphs):
    rng = random.Random(f"{name} {version}")
    return [" ".join(sentence(WORDS, rng) for _ in range(4)) for _ in range(paragraphs)]


def write_source(folder, name, version=0, paragraphs=4):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    parts = text_of(name, version, paragraphs)
    if name.endswith(".html"):
        body = "".join(f"<h2>Part {i}</h2><p>{part}</p>" for i, part in enumerate(parts))
        data = f"<html><head><title>{name}</title></head><body><article><h1>{name}</h1>{body}</article></body></html>".encode()
    elif name.endswith(".pdf"):
        data = pdf_of([line for part in parts for line in part.split(". ")])
    elif name.endswith(".txt"):
        data = "\n\n".join(parts).encode()
    else:
        data = (f"# {name}\n\n" + "\n\n".join(f"## Part {i}\n\n{part}" for i, part in enumerate(parts)) + "\n").encode()
    with open(path, "wb") as file:
        file.write(data)
    # A time of last week, a day later for each version: a build needs not doubt it.
    moment = 1_700_000_000 + 86_400 * version
    os.utime(path, (moment, moment))
    return path


def write_corpus(folder, files=12, version=0, pdf=True):
    kinds = ("md", "txt", "html", "md")
    for i in range(files):
        write_source(folder, f"part{i % 3}/file{i}.{kinds[i % 4]}", version, 2 + i % 5)
    if pdf:
        write_source(folder, "paper.pdf", version, 3)


def change_corpus(folder, files=12):
    """Edits some files, deletes some, adds some, renames one."""
    kinds = ("md", "txt", "html", "md")
    for i in range(0, files, 3):
        write_source(folder, f"part{i % 3}/file{i}.{kinds[i % 4]}", 1, 3 + i % 4)
    for i in range(1, files, 4):
        os.unlink(os.path.join(folder, f"part{i % 3}/file{i}.{kinds[i % 4]}"))
    for i in range(files, files + 3):
        write_source(folder, f"more/file{i}.md", 0, 3)
    os.rename(os.path.join(folder, "part2/file2.html"), os.path.join(folder, "part2/renamed.html"))


def pdf_of(lines):
    def escaped(text):
        return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")

    content = "BT /F1 10 Tf 12 TL 50 760 Td " + " ".join(f"({escaped(line)}) Tj T*" for line in lines) + " ET"
    return pdf_file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                     "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
                     "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
                     f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"])


def pdf_file(objects, trailer=""):
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + (body if isinstance(body, bytes) else body.encode()) + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return out + f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def chance(*parts):
    """A random generator that does the same in each run."""
    return random.Random(zlib.crc32(" ".join(map(str, parts)).encode()))
