"""A pond with documents, and the program that serves it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))
HANDBOOK = ROOT / "tests/docs/handbook"


class Missing(Exception):
    """What a test needs is not installed."""


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


class Pond:
    """A folder with a few documents, built."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millpond-apis-"))
        shutil.copytree(HANDBOOK, self.folder / "handbook")
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
