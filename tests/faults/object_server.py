"""A real S3 server on this machine, for the tests: moto's, in a process of its own."""
import os
import socket
import subprocess
import sys
import time
import urllib.request

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTESTONLY", "AWS_SECRET_ACCESS_KEY": "secret-for-tests-only", "AWS_REGION": "us-east-1"}


class ObjectServer:
    """`start` gives None where moto is not installed."""

    @classmethod
    def start(cls):
        try:
            import moto.server  # noqa: F401
        except ImportError:
            return None
        return cls()

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{self.port}'])"
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={**os.environ, **KEYS})
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/moto-api/", timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError("moto's server did not start")

    def make_bucket(self, name):
        request = urllib.request.Request(f"{self.url}/{name}", data=b"", method="PUT")
        urllib.request.urlopen(request, timeout=10).read()

    def exchange(self, method, path, data=None):
        """Content of an object, or a new one. moto wants a signature, but does not check it."""
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDTESTONLY/20260101/us-east-1/s3/aws4_request, "
                                   "SignedHeaders=host, Signature=0"}
        if data is not None:  # moto takes a body without this for a form
            signed["Content-Type"] = "application/octet-stream"
        request = urllib.request.Request(f"{self.url}/{path}", data=data, method=method, headers=signed)
        return urllib.request.urlopen(request, timeout=30).read()

    def env(self, url=None, **more):
        """What the program needs to reach the server, or a proxy in front of it at `url`."""
        return {**os.environ, **KEYS, "AWS_ENDPOINT_URL": url or self.url, **more}

    def stop(self):
        self.process.kill()
        self.process.wait()
