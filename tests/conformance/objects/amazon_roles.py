"""Roles of Amazon: of a machine, a container, a pod. The door of the store checks every signature with botocore's own code, and
boto3 in the same environment comes through the same door."""

import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

from door import Door
from place import BUCKET, PROGRAM, equal


class AmazonDoor(Door):
    """The metadata service, a container's address, STS, and the store for those who sign with keys that were handed out."""

    CONTAINER_TOKEN, CLUSTER_TOKEN, ROLE = "token-of-the-container", "token-of-the-cluster", "arn:aws:iam::123456789012:role/reader"

    def __init__(self, target, life_s=3600):
        self.given, self.kinds, self.refused, self.life_s = {}, [], [], life_s
        super().__init__(target)

    def fault_of(self, request, body):
        """The code of what is wrong with a request's signature; None if nothing is."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        head = request.headers.get("Authorization", "")
        parts = dict(part.split("=", 1) for part in head.removeprefix("AWS4-HMAC-SHA256 ").replace(",", " ").split() if "=" in part)
        key = parts.get("Credential", "").split("/")[0]
        if key not in self.given:
            return "InvalidAccessKeyId"
        secret, token, end = self.given[key]
        if request.headers.get("x-amz-security-token") != token:
            return "InvalidToken"
        signed = {name: request.headers[name] for name in parts["SignedHeaders"].split(";")}
        theirs = AWSRequest(request.command, f"http://{request.headers['Host']}{request.path}", signed, body)
        theirs.context["timestamp"] = request.headers["x-amz-date"]
        auth = S3SigV4Auth(Credentials(key, secret, token), "s3", "us-east-1")
        text = auth.string_to_sign(theirs, auth.canonical_request(theirs))
        if auth.signature(text, theirs) != parts["Signature"]:
            return "SignatureDoesNotMatch"
        return "ExpiredToken" if end < time.time() else None

    def new_keys(self, kind):
        key, secret, token = "ASIA" + uuid.uuid4().hex[:16].upper(), uuid.uuid4().hex, uuid.uuid4().hex
        self.given[key] = (secret, token, time.time() + self.life_s)
        self.kinds.append(kind)
        return key, secret, token, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.life_s))

    def give_as_json(self, request, kind):
        names = ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")
        request.answer(200, json.dumps({"Code": "Success", **dict(zip(names, self.new_keys(kind)))}).encode())

    def answer_to(self, request, body):
        if request.path == "/latest/api/token" and request.command == "PUT":
            return request.answer(200, b"a-session")
        if request.path.startswith("/latest/meta-data/iam/security-credentials/"):
            if request.headers.get("x-aws-ec2-metadata-token") != "a-session":
                return request.answer(401, b"")
            if request.path.endswith("/"):
                return request.answer(200, b"reader of lakes")
            equal(urllib.parse.unquote(request.path.rsplit("/", 1)[1]), "reader of lakes")
            return self.give_as_json(request, "machine")
        if request.path == "/container":
            if request.headers.get("Authorization") != self.CONTAINER_TOKEN:
                return request.answer(403, b'{"message": "who are you?"}')
            return self.give_as_json(request, "container")
        if request.path == "/" and request.command == "POST":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            if form.get("WebIdentityToken") != self.CLUSTER_TOKEN or form.get("RoleArn") != self.ROLE:
                return request.answer(400, b"<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
            keys = zip(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), self.new_keys("pod"))
            elements = "".join(f"<{name}>{value}</{name}>" for name, value in keys)
            return request.answer(200, ('<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                                        f"<AssumeRoleWithWebIdentityResult><Credentials>{elements}</Credentials>"
                                        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>").encode())
        fault = self.fault_of(request, body)
        if fault is None:
            return request.pass_on(body)
        self.refused.append(fault)
        request.answer(400 if fault == "ExpiredToken" else 403, f"<Error><Code>{fault}</Code></Error>".encode())


BOTO = """import boto3, sys
print(len(boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket=sys.argv[1], Prefix="roles/")["Contents"]) > 0)"""


def roles_of_amazon(place):
    plain = {name: value for name, value in place.env.items() if not name.startswith("AWS_")} | {"AWS_REGION": "us-east-1"}

    def write(name, text):
        (place.folder / name).write_text(text)
        return str(place.folder / name)

    with AmazonDoor(place.store.url) as door:
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
        status, said = asked({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:80@keys.example/"}, "tables")
        equal((status, "neither https" in said), (2, True), said)
        status, said = asked({**machine, "AWS_EC2_METADATA_DISABLED": "true"}, "tables")
        equal((status, "role of this machine" in said), (6, True), said)
        status, said = asked({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}, "tables")
        equal((status, "role of this machine" in said), (6, True), said)
