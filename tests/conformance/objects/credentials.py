"""Who asks: keys, signatures and tokens of Azure and Google, as their own tools leave them."""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

from door import Door
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
    status, said = asked({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}, "--pond", at, "tables")
    equal((status, "AZURE_STORAGE_KEY" in said), (7, True), said)
    status, said = asked(key, "--pond", at.replace(store.ACCOUNT, "somebody"), "tables")
    equal((status, "somebody" in said), (2, True), said)
    status, said = asked(key, "--pond", at.replace(BUCKET, "missing"), "tables")
    equal((status, "no such bucket: missing" in said), (3, True), said)


class EntraDoor(Door):
    """Microsoft's identity service, a machine's and a service's, and the door of the store for those who bring a token."""

    SECRET, HEADER, CLUSTER = "secret-of-the-application", "header-of-the-service", "token-of-the-cluster"

    def __init__(self, target, signature, life_s=3600):
        self.given, self.kinds, self.refused, self.life_s, self.signature = {}, [], 0, life_s, signature
        super().__init__(target)

    def give(self, request, kind, quoted=False):
        token = uuid.uuid4().hex
        self.given[token] = time.time() + self.life_s
        self.kinds.append(kind)
        life, end = self.life_s, int(time.time() + self.life_s)
        request.answer(200, json.dumps({"access_token": token, "token_type": "Bearer", "resource": "https://storage.azure.com/",
                                        "expires_in": str(life) if quoted else life,
                                        "expires_on": str(end) if quoted else end}).encode(), [("Content-Type", "application/json")])

    def answer_to(self, request, body):
        path = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(path.query))
        for_storage = query.get("resource", "").rstrip("/") == "https://storage.azure.com"
        if path.path == "/metadata/identity/oauth2/token":
            if request.headers.get("Metadata") != "true" or not for_storage:
                return request.answer(400, b'{"error": "invalid_request"}')
            return self.give(request, "machine " + query.get("client_id", "alone"), quoted=True)
        if path.path == "/service":
            if request.headers.get("X-IDENTITY-HEADER") != self.HEADER or not for_storage:
                return request.answer(403, b'{"error": "invalid_header"}')
            return self.give(request, "service")
        if path.path == "/a-tenant/oauth2/v2.0/token":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            good = form.get("grant_type") == "client_credentials" and form.get("scope") == "https://storage.azure.com/.default"
            if good and form.get("client_secret") == self.SECRET:
                return self.give(request, "application")
            if good and form.get("client_assertion") == self.CLUSTER and form["client_assertion_type"].endswith("jwt-bearer"):
                return self.give(request, "pod")
            return request.answer(401, b'{"error": "invalid_client", "error_description": "who are you?"}')
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.given.get(token, 0) < time.time():
            self.refused += 1
            return request.answer(401, b"", [("x-ms-error-code", "InvalidAuthenticationInfo")])
        request.pass_on(body, request.path + ("&" if path.query else "?") + self.signature, without=("authorization",))


def identities_of_azure(place):
    """An application, a pod, a service and a machine; a machine's token as azure-identity asks for it."""
    store = place.store
    plain = {name: value for name, value in place.env.items() if not name.startswith("AZURE_")}
    with EntraDoor(store.url, store.shared_access()) as door:
        plain |= {"AZURE_STORAGE_ACCOUNT": store.ACCOUNT, "AZURE_STORAGE_SERVICE_ENDPOINT": f"{door.url}/{store.ACCOUNT}"}
        (place.folder / "token").write_text(door.CLUSTER + "\n")
        application = {"AZURE_AUTHORITY_HOST": door.url, "AZURE_TENANT_ID": "a-tenant", "AZURE_CLIENT_ID": "c"}

        def asked(env, *words):
            done = subprocess.run([PROGRAM, "--pond", place.at("identities"), *words], capture_output=True, text=True,
                                  env=plain | env, cwd=place.folder)
            for secret in (door.SECRET, door.HEADER, door.CLUSTER, *door.given):
                equal(secret in done.stdout + done.stderr, False, f"a message shows a secret: {done.stderr}")
            return done.returncode, done.stdout + done.stderr

        machine = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": door.url}
        status, said = asked({**application, "AZURE_CLIENT_SECRET": door.SECRET}, "init")
        equal(status, 0, said)
        equal(asked({**application, "AZURE_FEDERATED_TOKEN_FILE": str(place.folder / "token")}, "tables")[0], 0)
        equal(asked({"IDENTITY_ENDPOINT": door.url + "/service", "IDENTITY_HEADER": door.HEADER}, "tables")[0], 0)
        equal(asked(machine, "tables")[0], 0)
        equal(asked({**machine, "AZURE_CLIENT_ID": "one-of-two"}, "tables")[0], 0)
        equal((door.kinds, door.refused), (["application", "pod", "service", "machine alone", "machine one-of-two"], 0),
              "one token a process")
        script = ("import azure.identity as a; "
                  "print(a.ManagedIdentityCredential(client_id='theirs').get_token('https://storage.azure.com/.default').token)")
        theirs = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ | machine)
        equal((theirs.stdout.strip() in door.given, door.kinds[-1]), (True, "machine theirs"), theirs.stderr)
        del door.kinds[:]
        door.life_s = 200  # less than the margin: another one before each request
        equal(asked(machine, "tables")[0], 0)
        equal(len(door.kinds) > 1 and door.refused == 0, True, f"{door.kinds} {door.refused}")
        status, said = asked({**application, "AZURE_CLIENT_SECRET": "nobody"}, "tables")
        equal((status, "who are you?" in said), (7, True), said)


class Gate(Door):
    """Google's identity service and the door of the store, as a client sees them.

    `POST /token` gives a token that is good for `life_s`, for a statement that the service account signed (checked with its
    public key) or for a refresh token; so does the metadata server's path. Other requests pass to the store with a good token.
    """

    REFRESH, METADATA = "refresh-token-of-a-user", "/computeMetadata/v1/instance/service-accounts/default/token"

    def __init__(self, target, public_key, life_s=3600):
        self.given, self.kinds, self.refused, self.public_key, self.life_s = {}, [], 0, public_key, life_s
        super().__init__(target)

    def statement_holds(self, text):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        def decoded(text):
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

        head, claims, signature = text.split(".")
        self.public_key.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(decoded(claims))
        now = time.time()
        return (json.loads(decoded(head))["alg"] == "RS256" and claims["iss"] == "miller@lake.example" and
                claims["aud"] == self.url + "/token" and claims["iat"] <= now + 1 and now < claims["exp"] <= now + 3601 and
                "devstorage" in claims["scope"])

    def give(self, request, kind):
        token = uuid.uuid4().hex
        self.given[token] = time.time() + self.life_s
        self.kinds.append(kind)
        request.answer(200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": self.life_s}).encode())

    def answer_to(self, request, body):
        if request.path == self.METADATA and request.headers.get("Metadata-Flavor") == "Google":
            return self.give(request, "machine")
        if request.path == "/token":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            try:
                if form["grant_type"] == "refresh_token" and form["refresh_token"] == self.REFRESH:
                    return self.give(request, "user")
                if form["grant_type"].endswith("jwt-bearer") and self.statement_holds(form["assertion"]):
                    return self.give(request, "service account")
            except Exception:
                pass
            return request.answer(400, b'{"error": "invalid_grant", "error_description": "who are you?"}')
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.given.get(token, 0) < time.time():
            self.refused += 1
            return request.answer(401, b'{"error": {"code": 401, "message": "Invalid Credentials"}}')
        request.pass_on(body)


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
