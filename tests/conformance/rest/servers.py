"""A pond, and the program that serves it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cases import Missing  # noqa: E402 - of tests/conformance

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("MILLPOND", str(ROOT / "build/release/millpond"))


def millpond(folder, *words, check=True):
    done = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"millpond {' '.join(words)}: {done.stderr}")
    return done


class Server:
    """`millpond serve` on a free port, for a pond in a folder of its own."""

    def __init__(self, *options, folder=None):
        self.own = folder is None
        self.folder = folder or pathlib.Path(tempfile.mkdtemp(prefix="millpond-rest-"))
        if self.own:
            millpond(self.folder, "init")
        self.options = options or ("--no-auth",)
        self.start()

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "--listen", "127.0.0.1:0", *self.options], cwd=self.folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("Iceberg REST catalog: "):
                self.uri = line.split(": ", 1)[1].split(" ")[0].strip()
                self.base = self.uri.removesuffix("/iceberg")
                return
        raise AssertionError(f"the server did not start: exit status {self.process.wait()}")

    def get(self, path, token=None, context=None, **more):
        request = urllib.request.Request(self.base + path, **more)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)


def pyiceberg(server, **properties):
    try:
        from pyiceberg.catalog.rest import RestCatalog
    except ImportError as problem:
        raise Missing(f"pyiceberg: {problem}")
    return RestCatalog("pond", uri=server.uri, **properties)


def wait_until(ready, seconds=30):
    end = time.time() + seconds
    while not ready():
        if time.time() > end:
            sys.exit("timed out")
        time.sleep(0.05)
