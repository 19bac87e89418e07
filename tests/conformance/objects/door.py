"""A server in front of a store, which lets requests through by rules of its own."""

import http.client
import http.server
import threading
import urllib.parse


class Door:
    """`answer_to(request, body)` of a derived class answers each request: by `request.answer(...)` or `request.pass_on(...)`."""

    def __init__(self, target):
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, content, headers=(), size_bytes=None):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content) if size_bytes is None else size_bytes))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def pass_on(self, body, path=None, without=()):
                """To the store, and its answer back."""
                headers = {name: value for name, value in self.headers.items() if name.lower() not in without}
                upstream = http.client.HTTPConnection(urllib.parse.urlsplit(target).netloc, timeout=60)
                upstream.request(self.command, path or self.path, body or None, headers)
                reply = upstream.getresponse()
                content = reply.read()
                # The answer to HEAD has the length of the object and no content.
                size_bytes = reply.getheader("Content-Length") if self.command == "HEAD" else None
                self.answer(reply.status, content, [(name, value) for name, value in reply.getheaders() if name.lower() not in
                                                    ("content-length", "transfer-encoding", "connection")], size_bytes)

            def handle_any(self):
                door.answer_to(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
