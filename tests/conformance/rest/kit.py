"""Runs Iceberg's REST compatibility kit against a catalog, and a proxy that makes a catalog wrong on purpose."""

import hashlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socketserver
import subprocess
import tempfile
import threading
import urllib.parse

from servers import ROOT, Missing

JARS = ROOT / ".deps/rest-kit"
POM = pathlib.Path(__file__).with_name("kit.pom.xml")
LOCK = ROOT / "deps/rest-kit.sha256"
SUITES = ["Catalog", "ViewCatalog"]


def fetch():
    """The jars, pinned by hash. They are fetched once."""
    names = [line.split() for line in LOCK.read_text().splitlines()]
    if not shutil.which("java"):
        raise Missing("java")
    if not all((JARS / name).is_file() for _, name in names):
        if not shutil.which("mvn"):
            raise Missing("mvn, to fetch the compatibility kit")
        with tempfile.TemporaryDirectory() as cache:
            done = subprocess.run(["mvn", "-q", "-B", f"-Dmaven.repo.local={cache}", "-f", str(POM),
                                   "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"],
                                  capture_output=True, text=True)
        if done.returncode != 0:
            raise Missing(f"the compatibility kit, which could not be fetched: {done.stdout[-300:]}")
    for digest, name in names:
        if hashlib.sha256((JARS / name).read_bytes()).hexdigest() != digest:
            raise AssertionError(f"{JARS / name} is not the file that deps/rest-kit.sha256 names")
    return [str(JARS / name) for _, name in names]


def run(uri, suites=SUITES):
    """(passed, failed, not applicable, output) of the kit."""
    jars = fetch()
    classes = [f"--select-class=org.apache.iceberg.rest.RESTCompatibilityKit{suite}Tests" for suite in suites]
    settings = {"rck.local": "false", "rck.uri": uri, "uri": uri, "warehouse": "kit",
                "rck.requires-namespace-create": "true", "rck.supports-names-with-dot": "true"}
    done = subprocess.run(["java", "-Xmx768m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                           *(f"-D{key}={value}" for key, value in settings.items()), "-cp", os.pathsep.join(jars),
                           "org.junit.platform.console.ConsoleLauncher", "execute", *classes, "--details=tree",
                           "--disable-banner", "--disable-ansi-colors"], capture_output=True, text=True, timeout=1800)

    def count(what):
        found = re.search(rf"\[\s*(\d+) tests {what}", done.stdout)
        return int(found.group(1)) if found else 0

    return count("successful"), count("failed"), count("aborted") + count("skipped"), done.stdout


class Careless(http.server.BaseHTTPRequestHandler):
    """Passes requests on, but takes the requirements out of commits: the catalog then notices no conflict."""

    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "POST" and "/tables/" in self.path and body:
            commit = json.loads(body)
            if "requirements" in commit:
                commit["requirements"] = [each for each in commit["requirements"] if each["type"] == "assert-create"]
                body = json.dumps(commit).encode()
        target = urllib.parse.urlsplit(self.server.target)
        upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in ("host", "content-length")}
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(key, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = do_DELETE = do_HEAD = forward

    def log_message(self, *_):
        pass


class Proxy(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Careless)
        self.target = target
        self.uri = f"http://127.0.0.1:{self.server_address[1]}/iceberg"
        threading.Thread(target=self.serve_forever, daemon=True).start()
