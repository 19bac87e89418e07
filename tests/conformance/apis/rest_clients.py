"""Our own REST API by its description, the page that uses it, and what the server must survive."""

import base64
import json
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from ponds import PROGRAM, Missing, Pond, Server, contains, equal, millpond


def rest_is_as_described(pond):
    try:
        import jsonschema
        from openapi_spec_validator import validate
    except ImportError as problem:
        raise Missing(str(problem))
    with Server(pond) as server:
        description = json.loads(server.send("/api/openapi.json")[1])
        validate(description)
        requests = {"search": {"query": "notice period", "explain": True}, "ask": {"question": "Who pays for travel?"},
                    "show": None, "list": {"what": "documents"}, "sql": {"query": "select count(*) as n from documents"}}
        equal({path.split("/")[2] for path in description["paths"]}, {*requests, "documents", "nearest", "tables"})
        near = {"vector": [0.05] * 384, "limit": 3, "where": "ordinal >= 0"}
        status, body = server.send("/api/nearest", near)
        equal(status, 200, "nearest")
        jsonschema.validate(near, description["paths"]["/api/nearest"]["post"]["requestBody"]["content"]["application/json"]["schema"])
        scores = [found["score"] for found in json.loads(body)["hits"]]
        equal((len(scores), scores), (3, sorted(scores, reverse=True)), "nearest first")
        status, body = server.send("/api/nearest", {"vector": [0.05]})
        equal((status, json.loads(body)["error"]["code"]), (400, "invalid_argument"))
        hit = json.loads(server.send("/api/search", requests["search"])[1])["hits"][0]
        requests["show"] = {"citation": hit["citation"]}
        for name, arguments in requests.items():
            schema = description["paths"][f"/api/{name}"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
            status, body = server.send(f"/api/{name}", arguments)
            equal(status, 200, name)
            jsonschema.validate(json.loads(body), schema)
            plain = {key: str(value).lower() if isinstance(value, bool) else value for key, value in arguments.items()}
            status, again = server.send(f"/api/{name}?" + urllib.parse.urlencode(plain))
            equal(status, 200, name)
            if name != "search":  # that says how long it took
                equal(json.loads(again), json.loads(body), name)
        document = json.loads(server.send("/api/documents/" + hit["document"])[1])
        contains(document["text"], "three months to the end of a month")
        for path, status in (("/api/search", 400), ("/api/search?query=x&limit=0", 400), ("/api/search?query=x&limt=1", 400),
                             ("/api/show?citation=zz", 400), ("/api/show?citation=" + "0" * 32, 404),
                             ("/api/documents/x", 404), ("/api/nothing", 404), ("/api/sql?query=select%20*%20from%20nothing", 404)):
            got, body = server.send(path)
            equal(got, status, path)
            jsonschema.validate(json.loads(body), description["components"]["schemas"]["Error"])


def rest_keeps_rights(pond):
    token = pond.token("read:main.chunks")
    with Server(pond, "--workers", "4") as server:
        equal(server.send("/api/search?query=notice")[0], 401)
        equal(server.send("/api/search?query=notice", token=token)[0], 200)
        equal(server.send("/api/sql?query=from%20documents", token=token)[0], 403)
        equal(server.send("/api/list?what=documents", token=token)[0], 404)
        equal(server.send("/")[0], 200, "the page needs no token, what it asks for does")


def blobs_are_given_by_ranges(pond):
    """As `curl` and any HTTP client ask for parts, to those who may read a row that refers to them."""
    import hashlib
    import urllib.error
    import urllib.request
    from ponds import millpond
    content = bytes(range(256)) * 20_000  # more than one piece
    (pond.folder / "sound.bin").write_bytes(content)
    sha256 = millpond(pond.folder, "blob", "put", "sound.bin").strip()
    equal(sha256, hashlib.sha256(content).hexdigest(), "its name")
    alone = millpond(pond.folder, "blob", "put", "pond.yaml").strip()
    millpond(pond.folder, "sql", "--write", f"create or replace table sounds as select 1 as id, [{{'sha256': '{sha256}', "
             f"'size_bytes': {len(content)}, 'media_type': 'audio/x'}}] as takes")
    reader, other = pond.token("read:main.sounds"), pond.token("read:main.chunks")
    with Server(pond, "--workers", "2") as server:
        def ask(name, asked=None, token=reader):
            request = urllib.request.Request(f"{server.base}/api/tables/sounds/blobs/{name}", headers={"Authorization": f"Bearer {token}"})
            if asked:
                request.add_header("Range", asked)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status, answer.read(), answer.headers
            except urllib.error.HTTPError as refused:
                return refused.code, refused.read(), refused.headers
        status, body, headers = ask(sha256)
        equal((status, body == content, headers["Accept-Ranges"], headers["X-Content-Type-Options"]), (200, True, "bytes", "nosniff"))
        for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=100-299", 100, 299), ("bytes=-10", len(content) - 10, len(content) - 1),
                                   ("bytes=5000000-", 5_000_000, len(content) - 1), ("bytes=10-3000000", 10, 3_000_000),
                                   (f"bytes=7-{10 ** 12}", 7, len(content) - 1)):
            status, body, headers = ask(sha256, asked)
            equal((status, headers["Content-Range"]), (206, f"bytes {first}-{last}/{len(content)}"), asked)
            equal(body == content[first:last + 1], True, asked)
        status, _, headers = ask(sha256, f"bytes={len(content)}-")
        equal((status, headers["Content-Range"]), (416, f"bytes */{len(content)}"))
        for asked in ("bytes=0-1,5-6", "bytes=x-", "items=0-1", "bytes=9-2"):
            equal(ask(sha256, asked)[0], 200, asked)
        equal(ask(sha256, token=other)[0], 403, "without the right to the table")
        equal(ask(alone)[0], 404, "no row refers to it")
        equal(ask("..%2F..%2Fcatalog.db")[0], 404)


def a_page_searches_and_asks(pond):
    """In a browser, if there is one."""
    with Server(pond) as server:
        status, page = server.send("/")
        equal(status, 200)
        for file in re.findall(r'(?:src|href)="(/[^"]+)"', page.decode()):
            equal(server.send(file)[0], 200, file)
        browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not browser:
            raise Missing("a browser: apt install chromium")
        shown = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom",
                                server.base + "/?query=notice+period"], capture_output=True, text=True, timeout=120).stdout
        contains(shown, "<article>")
        contains(shown, "<mark>notice</mark>")


def pages_are_drawn(pond):
    """A page of a PDF as a picture, for who may read its document, while the file is the one that was read."""
    file = pond.folder / "handbook" / "parking.pdf"
    content = file.read_bytes()
    token = pond.token("read:main.chunks")
    with Server(pond) as server:
        hit = json.loads(server.send("/api/search?query=permit+cars+front+desk&limit=1")[1])["hits"][0]
        page = f"/api/documents/{hit['document']}/pages/"
        with urllib.request.urlopen(server.base + page + "1?width=306") as answer:
            picture = answer.read()
            equal(answer.headers["content-type"], "image/png")
            equal([float(word) for word in answer.headers["millpond-page"].split()], [612, 792, 2])
        equal(picture[:8] + picture[16:24], b"\x89PNG\r\n\x1a\n" + (306).to_bytes(4, "big") + (396).to_bytes(4, "big"))
        for path, status in (("3", 404), ("0", 404), ("x", 400), ("1?width=9", 400), ("1?width=x", 400)):
            equal(server.send(page + path)[0], status, path)
        document = json.loads(server.send(f"/api/documents/{hit['document']}?elements=true")[1])
        box = [each["box"] for each in document["elements"] if "permit" in each["text"]][0]
        equal(60 < box["x0"] < 80 and 130 < box["y0"] < 160, True, box)
        other = json.loads(server.send("/api/search?query=notice+period&limit=1")[1])["hits"][0]
        equal(server.send(f"/api/documents/{other['document']}/pages/1")[0], 501, "Markdown has no pages")
        try:
            file.write_bytes(content.replace(b"free", b"dear"))
            equal(server.send(page + "1")[0], 409, "not the file that was read")
            file.unlink()
            equal(server.send(page + "1")[0], 404)
        finally:
            file.write_bytes(content)
    with Server(pond, "--workers", "4") as server:
        equal(server.send(page + "1")[0], 401)
        equal(server.send(page + "1", token=token)[0] in (403, 404), True)


def a_document_beside_its_pages(pond):
    """In a browser: the page as a picture, a box on it for each element of the page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        raise Missing("a browser: apt install chromium")
    with Server(pond) as server:
        hit = json.loads(server.send("/api/search?query=permit+cars+front+desk&limit=1")[1])["hits"][0]
        shown = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom",
                                f"{server.base}/document?id={hit['document']}&page=1"], capture_output=True, text=True, timeout=120).stdout
        contains(shown, '<img alt="page 1"')
        contains(shown, "of 2")
        elements = [each for each in json.loads(server.send(f"/api/documents/{hit['document']}?elements=true")[1])["elements"] if each["page"] == 1]
        boxes = re.findall(r'<div class="part" style="left: ([0-9.]+)%; top: ([0-9.]+)%', shown)
        equal([(round(float(x), 2), round(float(y), 2)) for x, y in boxes],
              [(round(100 * each["box"]["x0"] / 612, 2), round(100 * each["box"]["y0"] / 792, 2)) for each in elements])
        contains(shown, "Cars need a permit")
        equal("canteen" in shown, False, "the other page's text")


def a_document_in_one_file(pond):
    """`show --open` without a server: one HTML file that a browser draws without any request."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        raise Missing("a browser: apt install chromium")
    file = pond.folder / "shown.html"
    os.environ["BROWSER"] = "true"  # a program that does nothing
    try:
        said = json.loads(millpond(pond.folder, "show", "handbook/parking.pdf", "--open", "--out", str(file), "--json"))
    finally:
        del os.environ["BROWSER"]
    equal((said["file"], said["opened"], said["pages_drawn"]), (str(file), True, 2))
    equal(file.stat().st_mode & 0o777, 0o600)
    shown = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom", f"file://{file}"],
                           capture_output=True, text=True, timeout=120).stdout
    contains(shown, '<img src="data:image/png;base64,iVBOR')
    contains(shown, "Cars need a permit")
    equal(shown.count("<section"), 2, "pages")
    boxes = re.findall(r'<div title="paragraph" style="left: ([0-9.]+)%; top: ([0-9.]+)%', shown)
    equal([(round(float(x) * 6.12), round(float(y) * 7.92)) for x, y in boxes], [(73, 83), (73, 143), (72, 83)])
    file.unlink()


def pictures_beside_captions(pond):
    """The pictures of a document: as JSON, on its page in a browser, and as files of a folder that a browser shows."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        raise Missing("a browser: apt install chromium")
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mM4IScHRAwQCgAfJgQRSo6NIAAAAABJRU5ErkJggg==")
    source = pond.folder / "handbook" / "waterwheel.html"
    source.write_text("<!doctype html><p>Of the waterwheel.</p><figure><img alt='A red wheel' src='data:image/png;base64,"
                      + base64.b64encode(png).decode() + "'><figcaption>Figure 1: The wheel</figcaption></figure>")
    dump = lambda url: subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom",
                                       url], capture_output=True, text=True, timeout=120).stdout
    try:
        millpond(pond.folder, "build")
        with Server(pond) as server:
            hit = json.loads(server.send("/api/search?query=waterwheel&limit=1")[1])["hits"][0]
            found = json.loads(server.send(f"/api/documents/{hit['document']}/pictures")[1])["pictures"]
            equal([(each["media_type"], base64.b64decode(each["data"])) for each in found], [("image/png", png)])
            shown = dump(f"{server.base}/document?id={hit['document']}")
            equal(len(re.findall(r'<img alt="A red wheel" src="blob:', shown)), 1, shown)
            contains(shown, "Figure 1: The wheel")
        page = pond.folder / "wheel-page.html"
        page.write_text(millpond(pond.folder, "show", "handbook/waterwheel.html", "--format", "html", "--pictures", "drawn & kept"))
        files = list((pond.folder / "drawn & kept").iterdir())
        equal([file.read_bytes() for file in files], [png])
        address = re.search(r'<img src="([^"]+)"', dump(f"file://{page}")).group(1)
        equal(urllib.parse.unquote(address), f"drawn & kept/{files[0].name}")
        files[0].write_bytes(b"another picture")
        again = subprocess.run([PROGRAM, "show", "handbook/waterwheel.html", "--format", "html", "--pictures", "drawn & kept"],
                               cwd=pond.folder, capture_output=True, text=True)
        equal((again.returncode != 0, files[0].read_bytes()), (True, b"another picture"), "nothing is overwritten")
    finally:
        source.unlink()
        millpond(pond.folder, "build")


def clients_that_dawdle(pond):
    """10,000 idle connections and 500 that send a byte now and then; others are answered meanwhile."""
    with Server(pond) as server:
        port = int(server.base.rsplit(":", 1)[1])
        status = open(f"/proc/{server.process.pid}/limits").read()
        files = int(re.search(r"Max open files +(\d+)", status).group(1))
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 20_000),) * 2)
        room = min(files, resource.getrlimit(resource.RLIMIT_NOFILE)[0]) - 700
        idle, slow, stop = [], [], threading.Event()
        try:
            for i in range(min(9_400, room)):  # with the slow ones just below the limit of 10,000
                idle.append(socket.create_connection(("127.0.0.1", port)))
            for _ in range(500):
                slow.append(socket.create_connection(("127.0.0.1", port)))
                slow[-1].sendall(b"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")

            def drip():
                while not stop.wait(0.5):
                    for each in slow:
                        try:
                            each.send(b" ")
                        except OSError:
                            pass

            threading.Thread(target=drip, daemon=True).start()
            threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
            began = time.time()
            for _ in range(20):
                equal(server.send("/api/search?query=notice")[0], 200)
            print(f"      {len(idle)} idle and {len(slow)} slow clients, {threads} threads: {(time.time() - began) * 50:.1f} ms a search")
            equal(threads < 80, True, "threads")
        finally:
            stop.set()
            for each in (*idle, *slow):
                each.close()


def a_query_of_a_megabyte(pond):
    with Server(pond) as server:
        words = "notice period " * 74_000
        status, body = server.send("/api/search", {"query": words[:1_000_000], "limit": 1})
        equal(status, 200)
        contains(json.loads(body)["hits"][0]["text"], "notice")
        status, body = server.send("/api/search", {"query": words + " " * 200_000})
        equal((status, json.loads(body)["error"]["code"]), (507, "resource_exhausted"))
        equal(server.send("/api/search", b"[" * 1_000_000)[0], 400)
        equal(server.send("/mcp", b'{"a":' * 100_000)[0], 400)
        status, _ = server.send("/api/search?query=" + "x" * 40_000)
        equal(status, 431)
        equal(server.send("/api/search?query=notice")[0], 200, "it goes on")


def vectors_that_are_none(pond):
    """Numbers that are none, of another length, or too many: each is refused, and the server goes on."""
    good = [0.05] * 384
    with Server(pond) as server:
        def refused(body, words):
            status, answer = server.send("/api/nearest", body)
            error = json.loads(answer)["error"]
            equal((status, error["code"]), (400, "invalid_argument"), body[:60])
            contains(error["message"], words)

        def with_last(text):
            return ('{"vector": [' + "0.05, " * 383 + text + "]}").encode()

        for text in ("NaN", "Infinity", "-Infinity", "nan", "1e999"):
            refused(with_last(text), "not JSON")
        for text in ("1e39", "-1e300"):  # no float
            refused(with_last(text), "not finite")
        for text in ("null", "true", '"1"', "{}"):
            refused(with_last(text), "list of numbers")
        refused(b'{"vector": []}', "list of numbers")
        for length in (1, 383, 385, 100_000):
            refused(json.dumps({"vector": [0.05] * length}).encode(), "384")
        refused(json.dumps({"vector": [good, good]}).encode(), "384")
        refused(json.dumps({"vector": [good, [1]]}).encode(), "one length")
        equal(server.send("/api/nearest", {"vector": [0] * 384})[0], 200, "zeros, where the inner product is asked for")
        for text in ("1e38", "-1e38"):
            scores = [hit["score"] for hit in json.loads(server.send("/api/nearest", with_last(text))[1])["hits"]]
            equal(scores, sorted(scores, reverse=True), "the largest numbers")
        equal(server.send("/api/nearest", {"vector": good})[0], 200, "it goes on")


def searches_while_builds_are_killed_and_files_compacted(_):
    """Every search is answered, from one snapshot or the next, and a build that came to its end is found at once."""
    draw = random.Random(5)
    with Pond() as pond, Server(pond) as server:
        problems, searches, stop = [], [0, 0, 0], threading.Event()

        def search(number):
            while not stop.is_set():
                by = ("hybrid", "words", "vector")[searches[number] % 3]
                status, body = server.send("/api/search", {"query": "notice period", "by": by, "limit": 3})
                found = json.loads(body)
                if status != 200 or not any("three months" in hit["text"] for hit in found["hits"]):
                    problems.append((status, body[:400]))
                searches[number] += 1

        threads = [threading.Thread(target=search, args=(number,)) for number in range(len(searches))]
        for thread in threads:
            thread.start()
        try:
            for round_ in range(5):
                for i in range(3):
                    (pond.folder / "handbook" / f"new-{round_}-{i}.md").write_text(f"# Novelty\n\nThe word xylograph{round_}x{i} is new here.\n")
                build = subprocess.Popen([PROGRAM, "build", "-q"], cwd=pond.folder, stderr=subprocess.DEVNULL)
                time.sleep(draw.uniform(0.02, 1.5))
                build.kill()
                build.wait()
                millpond(pond.folder, "build", "-q")
                found = json.loads(server.send("/api/search", {"query": f"xylograph{round_}x1", "by": "words"})[1])["hits"]
                equal([f"xylograph{round_}x1" in hit["text"] for hit in found], [True], "found as soon as the build ends")
                millpond(pond.folder, "maintain", "-q")
                again = json.loads(server.send("/api/search", {"query": f"xylograph{round_}x1", "by": "words"})[1])["hits"]
                equal([hit["citation"] for hit in again], [hit["citation"] for hit in found], "after compaction")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        equal(problems[:3], [])
        equal(min(searches) > 5, True, f"searches meanwhile: {searches}")
        millpond(pond.folder, "check")


TESTS = [rest_is_as_described, rest_keeps_rights, blobs_are_given_by_ranges, a_page_searches_and_asks, pages_are_drawn, a_document_beside_its_pages, a_document_in_one_file, pictures_beside_captions, clients_that_dawdle,
         a_query_of_a_megabyte, vectors_that_are_none, searches_while_builds_are_killed_and_files_compacted]
