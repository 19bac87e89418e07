"""Stands between the program and a real object store, and spoils some of what passes.

Each fault is one that a network or an overloaded store can do:

| fault       | the server gets the request | the client gets                                     |
|-------------|-----------------------------|-----------------------------------------------------|
| refuse      | no                          | 503                                                 |
| drop_before | no                          | a closed connection                                 |
| drop_after  | yes                         | a closed connection: done, but nobody says so       |
| fail_after  | yes                         | 500: done, but the answer says that it was not      |
| late        | a second later              | a closed connection: the write comes when unexpected|
| lose        | no                          | 412, for writes under a condition                   |
| cut         | yes                         | half of the answer                                  |
| slow        | yes                         | some bytes a second                                 |
| stall       | no                          | nothing, for longer than clients wait               |
"""
import collections
import http.client
import http.server
import random
import threading
import time

FAULTS = ("refuse", "drop_before", "drop_after", "fail_after", "late", "lose", "cut", "slow", "stall")
HOP = ("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "date", "server")


def is_conditional(command, path, headers):
    """A write that the store refuses if somebody was faster."""
    by_header = command == "PUT" and any(headers.get(name) for name in ("If-Match", "If-None-Match"))
    return by_header or (command == "POST" and "ifGenerationMatch=" in path)


class ObjectProxy:
    """`rates`: probability of each fault for a request. `only`: a function of method, path and headers that says which
    requests may be spoiled. The same seed and the same requests in the same order give the same faults."""

    def __init__(self, target, seed=1, rates=None, only=None, stall_s=4):
        self.host, self.port = target.split("://")[1].split(":")
        self.random, self.lock, self.condition = random.Random(seed), threading.Lock(), threading.Lock()
        self.rates, self.only, self.stall_s = dict(rates or {}), only, stall_s
        self.requests = self.bytes = 0  # bytes of answers
        self.made = collections.Counter()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def setup(self):
                super().setup()
                self.connection.settimeout(60)

            def handle_any(self):
                proxy.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                pass  # clients that hang up are what this is about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def choose(self, handler):
        conditional = is_conditional(handler.command, handler.path, handler.headers)
        with self.lock:
            self.requests += 1
            draw = self.random.random()
        if self.only and not self.only(handler.command, handler.path, handler.headers):
            return None
        for fault, rate in self.rates.items():
            draw -= rate
            if draw < 0:
                if fault == "lose" and not conditional:
                    return None
                with self.lock:
                    self.made[fault] += 1
                return fault
        return None

    def forward(self, command, path, headers, body):
        def send():
            connection = http.client.HTTPConnection(self.host, int(self.port), timeout=60)
            connection.request(command, path, body=body, headers=headers)
            answer = connection.getresponse()
            out = answer.status, answer.getheaders(), answer.read()
            connection.close()
            return out
        # The server under test looks at a condition and then writes, two steps. A real store does it in one.
        if is_conditional(command, path, headers):
            with self.condition:
                return send()
        return send()

    def handle(self, handler):
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size) if size else None
        headers = {name.title(): value for name, value in handler.headers.items() if name.lower() not in HOP}
        fault = self.choose(handler)
        request = handler.command, handler.path, headers, body
        if fault == "refuse":
            return self.answer(handler, 503, [], b"<Error><Code>SlowDown</Code></Error>")
        if fault == "lose":
            return self.answer(handler, 412, [], b"<Error><Code>PreconditionFailed</Code></Error>")
        if fault == "late":
            threading.Thread(target=lambda: (time.sleep(1), self.forward(*request)), daemon=True).start()
        if fault == "stall":
            time.sleep(self.stall_s)
        if fault in ("drop_before", "stall", "late"):
            handler.close_connection = True
            return None
        status, answered, content = self.forward(*request)
        if fault == "drop_after":
            handler.close_connection = True
            return None
        if fault == "fail_after":
            return self.answer(handler, 500, [], b"<Error><Code>InternalError</Code></Error>")
        return self.answer(handler, status, answered, content, fault)

    def answer(self, handler, status, headers, content, fault=None):
        handler.send_response_only(status)
        length = None
        for name, value in headers:
            if name.lower() == "content-length":
                length = value
            elif name.lower() not in HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", length if handler.command == "HEAD" and length else str(len(content)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if fault == "cut" and content:
            handler.wfile.write(content[:len(content) // 2])
            handler.close_connection = True
            return
        if fault == "slow":
            end = time.monotonic() + self.stall_s
            for at in range(0, len(content), 100):
                handler.wfile.write(content[at:at + 100])
                handler.wfile.flush()
                if time.monotonic() < end:
                    time.sleep(0.5)
            return
        with self.lock:
            self.bytes += len(content)
        handler.wfile.write(content)
