"""Tables in somebody else's catalog."""

import http.client
import http.server
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import uuid

from place import PROGRAM, Missing, batch, equal

import kit


class Reference:
    """The reference REST catalog of Iceberg's kit, with its tables in a folder."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        warehouse = pathlib.Path(tempfile.mkdtemp(prefix="warehouse-", dir=folder))
        env = {**os.environ, "CATALOG_WAREHOUSE": f"file://{warehouse}",
               "CATALOG_URI": f"jdbc:sqlite:{warehouse}/reference.db", "CATALOG_REST_PORT": str(port)}
        self.process = subprocess.Popen(
            ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
             os.pathsep.join(kit.fetch()), "org.apache.iceberg.rest.RESTCatalogServer"], env=env, cwd=folder,
            stdout=open(folder / "reference.log", "w"), stderr=subprocess.STDOUT)
        self.uri = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(self.uri + "/v1/config", timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        log = (folder / "reference.log").read_text()[-500:]
        self.__exit__()
        raise Missing(f"the reference catalog, which did not start: {log}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def through_a_foreign_catalog(place, uri, name, properties, settings=""):
    """The same work against any catalog: we create, build, read and change; PyIceberg sees it, and the reverse."""
    from pyiceberg.catalog.rest import RestCatalog
    folder = place.folder / name
    notes = folder / "notes"
    notes.mkdir(parents=True)
    (notes / "mill.md").write_text("# The mill\n\nThe miller opens the sluice at dawn, before the stones turn.\n")
    (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {uri}\n  namespace: shared\n{settings}sources:\n"
                                      f"  - files: {notes}\n")

    def ours(*words):
        return place.run(PROGRAM, "--pond", folder, *words)

    ours("init")
    ours("build", "--json")
    catalog = RestCatalog(name, uri=uri, **properties)
    documents = catalog.load_table("shared.documents").scan().to_arrow()
    equal(documents.num_rows, 1, "PyIceberg reads what we built")
    equal(json.loads(ours("search", "sluice", "--json"))["hits"][0]["uri"].endswith("mill.md"), True)
    (notes / "bridge.md").write_text("# The bridge\n\nThe toll on the bridge is two pence for a cart.\n")
    ours("build", "--json")
    equal(catalog.load_table("shared.documents").scan().to_arrow().num_rows, 2, "a second commit")
    (notes / "mill.md").unlink()
    ours("build", "--json")
    equal(catalog.load_table("shared.documents").scan().to_arrow().num_rows, 1, "deletes")
    theirs = catalog.create_table("shared.theirs", schema=batch().schema)
    theirs.append(batch((1, "a"), (2, "b")))
    counted = json.loads(ours("tables", "--json"))["tables"]
    equal({table["table"]: table["rows"] for table in counted}["theirs"], 2, "we read what PyIceberg wrote")
    ours("maintain", "--keep-snapshots", "1", "--keep-days", "0", "--json")
    equal(len(catalog.load_table("shared.chunks").metadata.snapshots), 1, "we expire snapshots")
    equal(catalog.load_table("shared.chunks").scan().to_arrow().num_rows > 0, True)


def reference_catalog_is_used(place):
    with Reference(place.folder) as server:
        through_a_foreign_catalog(place, server.uri, "reference", {})


def own_server_in_the_store_is_used(place):
    with place.serve() as server:
        through_a_foreign_catalog(place, server.uri, "own", place.iceberg)


class Guard:
    """Stands in front of a catalog that asks for no token, as an identity provider and a gate would.

    `POST /identity/token` gives a token for client credentials (RFC 6749, section 4.4) that is good for two seconds;
    any other request needs a token that is good.
    """

    CLIENT, SECRET, FIXED = "miller", "s3cret & more=%", "a-token-for-good"

    def __init__(self, target):
        guard, self.given, self.refused, self.scopes = self, {}, [], set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers=()):
                self.send_response(status)
                for key, value in headers or [("Content-Type", "application/json")]:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/identity/token":
                    return self.give_token(body)
                word, _, token = (self.headers.get("Authorization") or "").partition(" ")
                if word != "Bearer" or (token != guard.FIXED and guard.given.get(token, 0) < time.time()):
                    guard.refused.append(self.path)
                    return self.answer(401, json.dumps({"error": {"message": "Not authorized: no good token", "code": 401,
                                                                  "type": "NotAuthorizedException"}}).encode())
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                keep = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "authorization")}
                upstream.request(self.command, self.path, body or None, keep)
                reply = upstream.getresponse()
                content = reply.read()
                self.answer(reply.status, content, [(key, value) for key, value in reply.getheaders()
                                                    if key.lower() in ("content-type", "content-encoding")])

            def give_token(self, body):
                form = dict(urllib.parse.parse_qsl(body.decode()))
                good = (self.headers.get_content_type() == "application/x-www-form-urlencoded" and
                        form.get("grant_type") == "client_credentials" and
                        (form.get("client_id"), form.get("client_secret")) == (guard.CLIENT, guard.SECRET))
                if not good:
                    return self.answer(401, b'{"error": "invalid_client", "error_description": "unknown client"}')
                guard.scopes.add(form.get("scope"))
                token = uuid.uuid4().hex
                guard.given[token] = time.time() + 2
                self.answer(200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": 2}).encode())

            do_GET = do_POST = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def a_catalog_asks_for_credentials(place):
    with Reference(place.folder) as reference, Guard(reference.uri) as guard:
        identity = guard.uri + "/identity/token"
        place.env |= {"LAKE_CLIENT": guard.CLIENT, "LAKE_SECRET": guard.SECRET, "LAKE_TOKEN": guard.FIXED, "LAKE_WRONG": "wrong"}
        settings = f"  oauth_uri: {identity}\n  scope: lake:all\n  client_id_env: LAKE_CLIENT\n  client_secret_env: "
        through_a_foreign_catalog(place, guard.uri, "credentials",
                                  {"credential": f"{guard.CLIENT}:{guard.SECRET}", "oauth2-server-uri": identity},
                                  settings + "LAKE_SECRET\n")
        equal("lake:all" in guard.scopes, True, guard.scopes)
        equal(len(guard.given) > 3, True, "tokens were not renewed")

        def refused(settings, name, words):
            folder = place.folder / name
            folder.mkdir()
            (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {guard.uri}\n  namespace: shared\n{settings}")
            done = subprocess.run([PROGRAM, "--pond", folder, "tables"], capture_output=True, text=True, env=place.env)
            said = done.stdout + done.stderr
            equal((done.returncode, words in said), (7, True), f"{name}: {done.returncode} {said}")
            for secret in (guard.SECRET, guard.FIXED, "wrong"):
                equal(secret in said.replace("wrong-", ""), False, f"{name}: an error shows a secret: {said}")
            return folder

        refused(settings + "LAKE_WRONG\n", "secret", "unknown client")
        refused(settings + "LAKE_UNSET\n", "unset", "LAKE_UNSET")
        refused("  token_env: LAKE_WRONG\n", "token", "Not authorized")
        refused("", "nothing", "token_env")
        folder = place.folder / "fixed"
        folder.mkdir()
        (folder / "pond.yaml").write_text(f"version: 1\npond:\n  catalog: {guard.uri}\n  namespace: shared\n  token_env: LAKE_TOKEN\n")
        equal("chunks" in place.run(PROGRAM, "--pond", folder, "tables"), True, "a bearer token")
