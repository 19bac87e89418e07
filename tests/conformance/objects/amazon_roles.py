"""Roles of Amazon: of a machine, a container, a pod. The door of the store checks every signature with botocore's own code, and
boto3 in the same environment comes through the same door."""

import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

from place import BUCKET, PROGRAM, equal


class Door:
    """The metadata service, a container's address, STS, and the store for those who sign with keys that were handed out."""

    CONTAINER_TOKEN, CLUSTER_TOKEN, ROLE = "token-of-the-container", "token-of-the-cluster", "arn:aws:iam::123456789012:role/reader"

    def __init__(self, target, life_s=3600):
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        door, self.given, self.kinds, self.refused, self.life_s, self.revoked = self, {}, [], [], life_s, set()

        def signature_holds(handler, body):
            head = handler.headers.get("Authorization", "")
            parts = dict(part.split("=", 1) for part in head.removeprefix("AWS4-HMAC-SHA256 ").replace(",", " ").split() if "=" in part)
            key = parts.get("Credential", "").split("/")[0]
            if key not in door.given:
                return "InvalidAccessKeyId"
            secret, token, end = door.given[key]
            if handler.headers.get("x-amz-security-token") != token:
                return "InvalidToken"
            signed = {name: handler.headers[name] for name in parts["SignedHeaders"].split(";")}
            request = AWSRequest(handler.command, f"http://{handler.headers['Host']}{handler.path}", signed, body)
            request.context["timestamp"] = handler.headers["x-amz-date"]
            auth = S3SigV4Auth(Credentials(key, secret, token), "s3", "us-east-1")
            text = auth.string_to_sign(request, auth.canonical_request(request))
            if auth.signature(text, request) != parts["Signature"]:
                return "SignatureDoesNotMatch"
            return "ExpiredToken" if end < time.time() or key in door.revoked else None

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
                if self.command != "HEAD":
                    self.wfile.write(content)

            def new_keys(self, kind):
                key, secret, token = "ASIA" + uuid.uuid4().hex[:16].upper(), uuid.uuid4().hex, uuid.uuid4().hex
                door.given[key] = (secret, token, time.time() + door.life_s)
                door.kinds.append(kind)
                return key, secret, token, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + door.life_s))

            def keys_as_json(self, kind):
                names = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")
                self.answer(200, json.dumps({"Code": "Success", **dict(zip(names, self.new_keys(kind)))}).encode())

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == "/latest/api/token" and self.command == "PUT":
                    return self.answer(200, b"a-session")
                if self.path.startswith("/latest/meta-data/iam/security-credentials/"):
                    if self.headers.get("x-aws-ec2-metadata-token") != "a-session":
                        return self.answer(401, b"")
                    if self.path.endswith("/"):
                        return self.answer(200, b"reader of lakes")
                    equal(urllib.parse.unquote(self.path.rsplit("/", 1)[1]), "reader of lakes")
                    return self.keys_as_json("machine")
                if self.path == "/container":
                    if self.headers.get("Authorization") != door.CONTAINER_TOKEN:
                        return self.answer(403, b'{"message": "who are you?"}')
                    return self.keys_as_json("container")
                if self.path == "/" and self.command == "POST":
                    form = dict(urllib.parse.parse_qsl(body.decode()))
                    if form.get("WebIdentityToken") != door.CLUSTER_TOKEN or form.get("RoleArn") != door.ROLE:
                        return self.answer(400, b"<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
                    keys = zip(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), self.new_keys("pod"))
                    elements = "".join(f"<{name}>{value}</{name}>" for name, value in keys)
                    return self.answer(200, ('<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                                             f"<AssumeRoleWithWebIdentityResult><Credentials>{elements}</Credentials>"
                                             "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>").encode())
                wrong = signature_holds(self, body)
                if wrong:
                    door.refused.append(wrong)
                    return self.answer(400 if wrong == "ExpiredToken" else 403, f"<Error><Code>{wrong}</Code></Error>".encode())
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                upstream.request(self.command, self.path, body or None, dict(self.headers))
                reply = upstream.getresponse()
                content = reply.read()
                self.answer(reply.status, content, [(name, value) for name, value in reply.getheaders()
                                                    if name.lower() not in ("content-length", "transfer-encoding", "connection")])

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


BOTO = """import boto3, sys
print(len(boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket=sys.argv[1], Prefix="roles/")["Contents"]) > 0)"""


def roles_of_amazon(place):
    plain = {name: value for name, value in place.env.items() if not name.startswith("AWS_")} | {"AWS_REGION": "us-east-1"}

    def write(name, text):
        (place.folder / name).write_text(text)
        return str(place.folder / name)

    with Door(place.store.url) as door:
        plain["AWS_ENDPOINT_URL_S3"] = door.url
        machine = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": door.url}
        container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": door.url + "/container",
                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": write("container", door.CONTAINER_TOKEN)}
        pod = {"AWS_WEB_IDENTITY_TOKEN_FILE": write("cluster", door.CLUSTER_TOKEN), "AWS_ROLE_ARN": door.ROLE,
               "AWS_ENDPOINT_URL_STS": door.url}

        def asked(env, *words):
            done = subprocess.run([PROGRAM, "--pond", place.at("roles"), *words], capture_output=True, text=True,
                                  env=plain | env, cwd=place.folder)
            secrets = [door.CONTAINER_TOKEN, door.CLUSTER_TOKEN] + [part for keys in door.given.values() for part in keys[:2]]
            for secret in secrets:
                equal(secret in done.stdout + done.stderr, False, f"a message shows a secret: {done.stderr}")
            return done.returncode, done.stdout + done.stderr

        equal(asked(machine, "init")[0], 0)
        equal(asked(container, "tables")[0], 0)
        equal(asked(pod, "tables")[0], 0)
        equal((door.kinds, door.refused), (["machine", "container", "pod"], []), "keys are asked for once a process")
        for env in (machine, container, pod):
            done = subprocess.run([sys.executable, "-c", BOTO, BUCKET], capture_output=True, text=True, env=os.environ | plain | env)
            equal(done.stdout, "True\n", f"boto3: {done.stderr}")
        del door.kinds[:]

        door.life_s = 200  # less than the margin: new ones before each request
        equal(asked(machine, "tables")[0], 0)
        equal(len(door.kinds) > 1 and not door.refused, True, f"{door.kinds} {door.refused}")
        door.life_s = 3600

        status, said = asked({**container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": write("other", "nobody")}, "tables")
        equal((status, "who are you?" in said), (7, True), said)
        status, said = asked({**pod, "AWS_WEB_IDENTITY_TOKEN_FILE": write("other", "nobody")}, "tables")
        equal((status, "InvalidIdentityToken" in said and door.ROLE in said), (7, True), said)
        status, said = asked({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://keys.example/"}, "tables")
        equal((status, "neither https" in said), (2, True), said)
        status, said = asked({**machine, "AWS_EC2_METADATA_DISABLED": "true"}, "tables")
        equal((status, "role of this machine" in said), (6, True), said)
        status, said = asked({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}, "tables")
        equal((status, "role of this machine" in said), (6, True), said)
