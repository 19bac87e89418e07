"""A pond with documents, and the program that serves it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import Missing  # noqa: E402 - of tests/conformance

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
HANDBOOK = ROOT / "tests/docs/handbook"


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} != {expected!r}")


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def millpond(folder, *words):
    done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"millpond {' '.join(words)}: {done.stderr}")
    return done.stdout


def pdf_of(*pages):
    """A PDF with a page for each list of (x, y from the bottom, words), 612 by 792 points."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{4 + 2 * i} 0 R' for i in range(len(pages)))}] >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for i, lines in enumerate(pages):
        text = "".join(f"BT /F1 12 Tf {x} {y} Td ({words}) Tj ET\n" for x, y, words in lines)
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R /Resources << /Font << /F1 3 0 R >> >> >>")
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}endstream")
    out, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (f"{out}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
            f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n").encode()


class Pond:
    """A folder with a few documents, built."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millpond-apis-"))
        shutil.copytree(HANDBOOK, self.folder / "handbook")
        (self.folder / "handbook" / "parking.pdf").write_bytes(pdf_of(
            [(72, 700, "Parking at the office is free for bicycles."), (72, 640, "Cars need a permit from the front desk.")],
            [(72, 700, "Visitors park behind the canteen.")]))
        millpond(self.folder, "init")
        millpond(self.folder, "add", "handbook")
        millpond(self.folder, "build", "-q")

    def token(self, *rights):
        return millpond(self.folder, "token", "create", "test", "--rights", ",".join(rights), "-q").strip().splitlines()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    """`millpond serve` on a free port."""

    def __init__(self, pond, *options):
        self.pond = pond
        self.process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", *(options or ("--no-auth",))],
                                        cwd=pond.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("Iceberg REST catalog: "):
                self.base = line.split(": ", 1)[1].split(" ")[0].strip().removesuffix("/iceberg")
                return
        raise AssertionError(f"the server did not start: exit status {self.process.wait()}")

    def send(self, path, body=None, token=None, method=None, headers=None):
        """Status and body; a body that is no text is sent as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=headers or {})
        if data is not None and not isinstance(body, bytes):
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
