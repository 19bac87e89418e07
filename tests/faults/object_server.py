"""Real object stores on this machine, for the tests: each a server in a process of its own.

| class        | server          | places                                          |
|--------------|-----------------|-------------------------------------------------|
| ObjectServer | moto            | s3://bucket/key                                 |
| AzureServer  | Azurite         | abfss://bucket@account.dfs.core.windows.net/key |
| GoogleServer | fake-gcs-server | gs://bucket/key                                 |
| ResumingServer | gcp-storage-emulator | the same, for uploads only                 |

`start` gives None where one is not installed. `get`, `put`, `delete` and `keys` are what another program does to the objects.
"""
import base64
import email.utils
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.sax.saxutils

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTESTONLY", "AWS_SECRET_ACCESS_KEY": "secret-for-tests-only", "AWS_REGION": "us-east-1"}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Store:
    """A process that answers HTTP."""

    def launch(self, command, ready, env=None, cwd=None):
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, **(env or {})}, cwd=cwd, start_new_session=True)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + ready, timeout=5).read()
                return
            except urllib.error.HTTPError:
                return  # it refuses what nobody signed: it is there
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not start: {command[0]}")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # some servers are started by a script
        self.process.wait()

    def secrets(self):
        """What no message may show."""
        return []


class ObjectServer(Store):
    """S3."""
    name = "s3"

    @classmethod
    def start(cls):
        try:
            import moto.server  # noqa: F401
        except ImportError:
            return None
        return cls()

    def __init__(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
        self.launch([sys.executable, "-c", code], "/moto-api/", KEYS)
        self.iceberg = {"s3.endpoint": self.url, "s3.access-key-id": KEYS["AWS_ACCESS_KEY_ID"],
                        "s3.secret-access-key": KEYS["AWS_SECRET_ACCESS_KEY"], "s3.region": KEYS["AWS_REGION"]}

    def uri(self, bucket, key):
        return f"s3://{bucket}/{key}"

    def make_bucket(self, name):
        request = urllib.request.Request(f"{self.url}/{name}", data=b"", method="PUT")
        urllib.request.urlopen(request, timeout=10).read()

    def exchange(self, method, path, data=None):
        # moto wants a signature, but does not check it.
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDTESTONLY/20260101/us-east-1/s3/aws4_request, "
                                   "SignedHeaders=host, Signature=0"}
        if data is not None:  # moto takes a body without this for a form
            signed["Content-Type"] = "application/octet-stream"
        request = urllib.request.Request(f"{self.url}/{path}", data=data, method=method, headers=signed)
        return urllib.request.urlopen(request, timeout=30).read()

    def get(self, bucket, key):
        return self.exchange("GET", f"{bucket}/{key}")

    def put(self, bucket, key, data):
        self.exchange("PUT", f"{bucket}/{key}", data)

    def delete(self, bucket, key):
        self.exchange("DELETE", f"{bucket}/{key}")

    def keys(self, bucket, prefix):
        keys, token = [], ""
        while True:
            text = self.exchange("GET", f"{bucket}?list-type=2&prefix={prefix}{token}").decode()
            keys += re.findall("<Key>([^<]*)</Key>", text)
            more = re.search("<NextContinuationToken>([^<]*)<", text)
            if not more:
                return keys
            token = f"&continuation-token={more.group(1)}"

    def env(self, url=None, **more):
        """What the program needs to reach the server, or a proxy in front of it at `url`."""
        return {**os.environ, **KEYS, "AWS_ENDPOINT_URL": url or self.url, **more}

    def secrets(self):
        return [KEYS["AWS_SECRET_ACCESS_KEY"]]


class AzureServer(Store):
    """Azure Blob Storage, with the account and the key that Azurite publishes."""
    name = "azure"
    ACCOUNT = "devstoreaccount1"
    KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    @classmethod
    def start(cls):
        main, node = DEPS / "azurite/node_modules/azurite/dist/src/blob/main.js", DEPS / "node/bin/node"
        return cls(node, main) if main.exists() and node.exists() else None

    def __init__(self, node, main):
        port = free_port()
        self.folder = tempfile.mkdtemp(prefix="millpond-azurite-")
        self.url = f"http://127.0.0.1:{port}"
        self.launch([node, main, "--blobPort", port, "--silent", "--disableTelemetry", "--inMemoryPersistence",
                     "--skipApiVersionCheck"], f"/{self.ACCOUNT}?comp=list", cwd=self.folder)
        self.iceberg = {"adls.connection-string": self.connection(self.url), "py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"}

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self, url):
        return (f"DefaultEndpointsProtocol=http;AccountName={self.ACCOUNT};AccountKey={self.KEY};"
                f"BlobEndpoint={url}/{self.ACCOUNT};")

    def uri(self, bucket, key):
        return f"abfss://{bucket}@{self.ACCOUNT}.dfs.core.windows.net/{key}"

    def signature(self, text):
        return base64.b64encode(hmac.new(base64.b64decode(self.KEY), text.encode(), hashlib.sha256).digest()).decode()

    def exchange(self, method, path, query=None, data=None, headers=None):
        query = query or {}
        headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-12-02", **(headers or {})}
        resource = f"/{self.ACCOUNT}/{urllib.parse.quote(path)}"
        kind = "application/octet-stream" if data is not None else ""
        lines = [method, "", "", str(len(data)) if data else "", "", kind, "", "", "", "", "", ""]
        lines += [f"{name}:{headers[name]}" for name in sorted(headers)]
        lines += [f"/{self.ACCOUNT}{resource}"] + [f"{name}:{query[name]}" for name in sorted(query)]
        headers["Authorization"] = f"SharedKey {self.ACCOUNT}:{self.signature(chr(10).join(lines))}"
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(f"{self.url}{resource}?{urllib.parse.urlencode(query)}", data=data, method=method,
                                         headers=headers)
        return urllib.request.urlopen(request, timeout=30).read()

    def shared_access(self, minutes=60):
        """A signature for all of the account's blobs, as its owner hands one out."""
        expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + minutes * 60))
        fields = {"sv": "2021-12-02", "ss": "b", "srt": "sco", "sp": "rwdlac", "se": expiry}
        text = "\n".join([self.ACCOUNT, fields["sp"], fields["ss"], fields["srt"], "", expiry, "", "", fields["sv"], "", ""])
        return urllib.parse.urlencode({**fields, "sig": self.signature(text)})

    def make_bucket(self, name):
        self.exchange("PUT", name, {"restype": "container"}, b"")

    def get(self, bucket, key):
        return self.exchange("GET", f"{bucket}/{key}")

    def put(self, bucket, key, data):
        self.exchange("PUT", f"{bucket}/{key}", data=data, headers={"x-ms-blob-type": "BlockBlob"})

    def delete(self, bucket, key):
        self.exchange("DELETE", f"{bucket}/{key}")

    def keys(self, bucket, prefix):
        keys, marker = [], ""
        while True:
            text = self.exchange("GET", bucket, {"restype": "container", "comp": "list", "prefix": prefix,
                                                 **({"marker": marker} if marker else {})}).decode()
            keys += [xml.sax.saxutils.unescape(name) for name in re.findall("<Name>([^<]*)</Name>", text)]
            more = re.search("<NextMarker>([^<]+)<", text)
            if not more:
                return keys
            marker = more.group(1)

    def env(self, url=None, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        return {**kept, "AZURE_STORAGE_CONNECTION_STRING": self.connection(url or self.url), **more}

    def secrets(self):
        return [self.KEY]


class GoogleServer(Store):
    """Google Cloud Storage, where nobody asks who asks."""
    name = "google"

    @classmethod
    def start(cls):
        binary = DEPS / "google/fake-gcs-server"
        return cls(binary) if binary.exists() else None

    def __init__(self, binary):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.launch([binary, "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-backend", "memory",
                     "-public-host", f"127.0.0.1:{port}"], "/_internal/healthcheck")
        self.iceberg = {"gcs.service.host": self.url, "gcs.oauth2.token": "anonymous", "gcs.oauth2.token-expires-at": str(2**42),
                        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"}

    def uri(self, bucket, key):
        return f"gs://{bucket}/{key}"

    def exchange(self, method, path, data=None, **headers):
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=30).read()

    def make_bucket(self, name):
        self.exchange("POST", "/storage/v1/b", json.dumps({"name": name}).encode(), **{"Content-Type": "application/json"})

    def get(self, bucket, key):
        return self.exchange("GET", f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(key, safe='')}?alt=media")

    def put(self, bucket, key, data):
        self.exchange("POST", f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={urllib.parse.quote(key, safe='')}", data,
                      **{"Content-Type": "application/octet-stream"})

    def delete(self, bucket, key):
        self.exchange("DELETE", f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(key, safe='')}")

    def keys(self, bucket, prefix):
        listed = json.loads(self.exchange("GET", f"/storage/v1/b/{bucket}/o?prefix={urllib.parse.quote(prefix, safe='')}"))
        return [item["name"] for item in listed.get("items", [])]

    def env(self, url=None, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE_", "CLOUDSDK_"))}
        return {**kept, "STORAGE_EMULATOR_HOST": url or self.url, **more}


class ResumingServer(GoogleServer):
    """Follows Google's protocol of resumable uploads, which the other one does not when answers are lost, and heeds no
    conditions: there can be no pond in it."""
    name = "google, resumed"

    @classmethod
    def start(cls):
        try:
            import gcp_storage_emulator  # noqa: F401
        except ImportError:
            return None
        return cls()

    def __init__(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.launch([sys.executable, "-m", "gcp_storage_emulator", "start", "--host", "127.0.0.1", "--port", port, "--in-memory"], "/")


STORES = [ObjectServer, AzureServer, GoogleServer]
