"""Who asks: keys, signatures and tokens of Azure and Google, as their own tools leave them."""

import base64
import http.client
import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse
import uuid

from place import BUCKET, PROGRAM, equal


def names_and_credentials_of_azure(place):
    """az:// takes the account of the environment; a shared access signature does as well as a key."""
    store = place.store
    plain = {name: value for name, value in place.env.items() if not name.startswith("AZURE_")}
    plain |= {"AZURE_STORAGE_ACCOUNT": store.ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": f"{store.url}/{store.ACCOUNT}"}

    def asked(env, *words):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, env=plain | env, cwd=place.folder)
        for secret in (store.KEY, "sig="):
            equal(secret in done.stdout + done.stderr, False, f"an error shows a secret: {done.stderr}")
        return done.returncode, done.stdout + done.stderr

    key, signature = {"AZURE_STORAGE_KEY": store.KEY}, {"AZURE_STORAGE_SAS_TOKEN": store.shared_access()}
    (place.folder / "named.csv").write_text("id,word\n1,a\n")
    equal(asked(key, "--pond", f"az://{BUCKET}/named/pond", "init")[0], 0)
    equal(asked(signature, "--pond", f"az://{BUCKET}/named/pond", "import", "named.csv", "--as", "words")[0], 0)
    at = place.at("named/pond")
    for name in (at, at.replace("abfss", "abfs"), at.replace("abfss", "wasbs").replace(".dfs.", ".blob.")):
        equal(asked(key, "--pond", name, "sql", "select word from words", "--format", "csv"), (0, "word\na\n"), name)
    catalog = json.loads(store.get(BUCKET, "named/pond/.pond/catalog.json"))
    equal(catalog["entries"]["main"]["words"]["metadata-location"].startswith(at + "/.pond/"), True, catalog)
    status, said = asked({"AZURE_STORAGE_KEY": "d3Jvbmc="}, "--pond", at, "tables")
    equal((status, "AZURE_STORAGE_KEY" in said), (6, True), said)
    status, said = asked({}, "--pond", at, "tables")
    equal((status, "AZURE_STORAGE_KEY" in said), (7, True), said)
    status, said = asked(key, "--pond", at.replace(store.ACCOUNT, "somebody"), "tables")
    equal((status, "somebody" in said), (2, True), said)
    status, said = asked(key, "--pond", at.replace(BUCKET, "missing"), "tables")
    equal((status, "no such bucket: missing" in said), (3, True), said)


class Gate:
    """Google's identity service and the door of the store, as a client sees them.

    `POST /token` gives a token that is good for `life_s`, for a statement that the service account signed (checked with its
    public key) or for a refresh token; so does the metadata server's path. Other requests pass to the store with a good token.
    """

    REFRESH, METADATA = "refresh-token-of-a-user", "/computeMetadata/v1/instance/service-accounts/default/token"

    def __init__(self, target, public_key, life_s=3600):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        gate, self.given, self.kinds, self.refused = self, {}, [], 0

        def decoded(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

        def statement_holds(text):
            head, claims, signature = text.split(".")
            public_key.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
            claims = json.loads(decoded(claims))
            now = time.time()
            return (json.loads(decoded(head))["alg"] == "RS256" and claims["iss"] == "miller@lake.example" and
                    claims["aud"] == gate.url + "/token" and claims["iat"] <= now + 1 and now < claims["exp"] <= now + 3601 and
                    "devstorage" in claims["scope"])

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers=()):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def token(self, kind):
                token = uuid.uuid4().hex
                gate.given[token] = time.time() + life_s
                gate.kinds.append(kind)
                self.answer(200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": life_s}).encode())

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == gate.METADATA and self.headers.get("Metadata-Flavor") == "Google":
                    return self.token("machine")
                if self.path == "/token":
                    form = dict(urllib.parse.parse_qsl(body.decode()))
                    try:
                        if form["grant_type"] == "refresh_token" and form["refresh_token"] == gate.REFRESH:
                            return self.token("user")
                        if form["grant_type"].endswith("jwt-bearer") and statement_holds(form["assertion"]):
                            return self.token("service account")
                    except Exception:
                        pass
                    return self.answer(400, b'{"error": "invalid_grant", "error_description": "who are you?"}')
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                if gate.given.get(token, 0) < time.time():
                    gate.refused += 1
                    return self.answer(401, b'{"error": {"code": 401, "message": "Invalid Credentials"}}')
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                upstream.request(self.command, self.path, body or None, dict(self.headers))
                reply = upstream.getresponse()
                content = reply.read()
                self.answer(reply.status, content, [(name, value) for name, value in reply.getheaders() if name.lower() not in
                                                    ("content-length", "transfer-encoding", "connection", "date")])

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def identities_of_google(place):
    """A service account's key, a user's login and the metadata server; a bad key; a token that the store takes no more."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    def new_key():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.public_key(), key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                   serialization.NoEncryption()).decode()

    public, private = new_key()
    plain = {name: value for name, value in place.env.items() if name != "STORAGE_EMULATOR_HOST"}
    with Gate(place.store.url, public) as gate:
        plain["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"] = gate.url

        def write(name, content):
            path = place.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"token_uri": gate.url + "/token", **content}))
            return str(path)

        def asked(env, *words):
            done = subprocess.run([PROGRAM, "--pond", place.at("identities"), *words], capture_output=True, text=True,
                                  env=plain | env, cwd=place.folder)
            for secret in (private.splitlines()[2], gate.REFRESH, *gate.given):
                equal(secret in done.stdout + done.stderr, False, f"a message shows a secret: {done.stderr}")
            return done.returncode, done.stdout + done.stderr

        account = {"type": "service_account", "client_email": "miller@lake.example", "private_key_id": "1", "private_key": private}
        good = {"GOOGLE_APPLICATION_CREDENTIALS": write("account.json", account)}
        user = write("gcloud/application_default_credentials.json", {
            "type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": gate.REFRESH})
        equal(asked(good, "init")[0], 0)
        equal(asked({"CLOUDSDK_CONFIG": os.path.dirname(user)}, "tables")[0], 0)
        equal(asked({"GCE_METADATA_HOST": gate.url.removeprefix("http://")}, "tables")[0], 0)
        equal((gate.kinds, gate.refused), (["service account", "user", "machine"], 0), "one token a process")
        other = {"GOOGLE_APPLICATION_CREDENTIALS": write("other.json", {**account, "private_key": new_key()[1]})}
        status, said = asked(other, "tables")
        equal((status, "who are you?" in said), (7, True), said)
        none = {"GOOGLE_APPLICATION_CREDENTIALS": write("none.json", {**account, "private_key": "no key"})}
        status, said = asked(none, "tables")
        equal((status, "miller@lake.example" in said), (7, True), said)
        kind = {"GOOGLE_APPLICATION_CREDENTIALS": write("kind.json", {"type": "external_account"})}
        status, said = asked(kind, "tables")
        equal((status, "external_account" in said), (13, True), said)
        status, said = asked({"GCE_METADATA_HOST": "127.0.0.1:9"}, "tables")
        equal((status, "GOOGLE_APPLICATION_CREDENTIALS" in said), (7, True), said)
