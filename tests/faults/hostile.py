"""Documents and folders that nobody would wish for: each ends in a document, a drop or a reject that names the file."""
import glob
import json
import os
import re
import socket
import subprocess
import urllib.parse
import zipfile
import zlib

from ponds import Pond, pdf_file, pdf_of, problems_of, strays, write_source

MEMORY_MAX_MB = 1600  # of the build and its parsers together: 1 GB is the budget, parsers come on top


def docx(path, body, entry="word/document.xml", more=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
                         'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                         'wordprocessingml.document.main+xml"/></Types>')
        archive.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
                         'Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
                         'Target="word/document.xml"/></Relationships>')
        with archive.open(entry, "w", force_zip64=True) as part:
            for piece in body:
                part.write(piece)
        for name, data in more:
            archive.writestr(name, data)


WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
PARAGRAPH = b"<w:p><w:r><w:t>The millrace.</w:t></w:r></w:p>"


def documents(folder, quick):
    """Name, how to make it, and what it may become: document, drop or reject; None if any will do."""
    big = 1 << 20

    def put(name, data, fate=None):
        with open(os.path.join(os.fsencode(folder), os.fsencode(name)), "wb") as file:
            file.write(data)
        fates[name] = fate

    fates = {}
    good = pdf_of(["The millrace runs by the mill."] * 20)
    put("empty.txt", b"", "drop")
    put("one byte.txt", b"a")
    put("only blanks.md", b" \n\t\n" * 1000)
    put("truncated.pdf", good[: len(good) // 2])
    put("head only.pdf", b"%PDF-1.7\n", "reject")
    put("encrypted.pdf", pdf_file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>",
                                   "<< /Filter /Standard /V 1 /R 2 /O (" + "a" * 32 + ") /U (" + "b" * 32 + ") /P -4 >>"],
                                  "/Encrypt 3 0 R /ID [(" + "c" * 16 + ") (" + "c" * 16 + ")]"), "reject")
    put("pages in a loop.pdf", pdf_file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]))
    put("two billion pages.pdf", pdf_file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 2000000000 >>"]))
    put("outline in a loop.pdf", pdf_file([
        "<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>", "<< /Length 0 >>\nstream\n\nendstream",
        "<< /First 6 0 R /Last 6 0 R /Count 1 >>", "<< /Title (Loop) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Dest [3 0 R /Fit] >>"]))
    bomb = zlib.compress(b" " * (200 * big), 9)
    put("stream bomb.pdf", pdf_file(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                                     "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
                                     f"<< /Filter /FlateDecode /Length {len(bomb)} >>\nstream\n".encode() + bomb + b"\nendstream"]))
    put("deep.html", b"<html><body>" + b"<div>" * big + b"The millrace." + b"</div>" * big)
    put("deep table.html", b"<table><tr><td>" * 50_000 + b"The millrace.")
    put("unclosed.html", b"<html><body><p>The millrace<table><b><i><script>while(1){")
    put("attributes.html", b"<html><body><p " + b" ".join(b"a%d=1" % i for i in range(100_000)) + b">The millrace.</p>")
    put("entities.html", b"<html><body><p>The millrace. " + b"&#x10FFFF;&#xD800;&#0;&unknown;" * 10_000 + b"</p>")
    put("nested.md", b"> " * 20_000 + b"The millrace.\n" + b"- " * 20_000 + b"\n" + b"[" * 100_000 + b"](" * 1000)
    put("emphasis.md", b"*_" * 100_000 + b"a" + b"_*" * 100_000)
    put("long line.txt", b"The millrace runs. " * (big // 4))
    put("one word.txt", b"millrace" * (big // 2))
    put("not utf-8.txt", bytes(range(128, 256)) * 40 + b" The millrace.")
    put("broken utf-8.md", b"# Mill\n\nThe mill\xff\xfe\xc3\x28race \xed\xa0\x80 \xf5\x80\x80\x80 runs \xe2\x82\n", "document")
    put("nul.txt", b"The mill\0race runs.\0\0" * 100)
    put("utf-16.txt", "\ufeffThe millrace runs by the mill. Grüße.".encode("utf-16-le"), "document")
    put("utf-16be.txt", "\ufeffThe millrace runs by the mill. Grüße.".encode("utf-16-be"), "document")
    put("noise.bin", zlib.compress(os.urandom(1 << 16)))
    put("odd\nname\twith spaces.md", b"# Odd\n\nThe millrace has an odd name.\n", "document")
    put("quote'\"; DROP TABLE iceberg_tables;--.md", b"# Quote\n\nThe millrace is quoted.\n", "document")
    put("-leading dash.md", b"# Dash\n\nThe millrace leads.\n", "document")
    put("n" * 252 + ".md", b"# Long\n\nThe millrace has a long name.\n", "document")
    put(os.fsdecode(b"not\xff\xfeutf8.md"), b"# Bytes\n\nThe millrace has a name of bytes.\n", "document")
    put("wrong.pdf", b"# No PDF\n\nThe millrace is text in disguise.\n", "document")
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    docx(folder + "/laughs.docx", [f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "lol">{laughs}]>'.encode(), WORD,
                                   b"<w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>"])
    docx(folder + "/outside.docx", [b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>', WORD,
                                    b"<w:p><w:r><w:t>The millrace &x;</w:t></w:r></w:p></w:body></w:document>"])
    docx(folder + "/bomb.docx", [WORD, PARAGRAPH] + [b" " * (16 * big)] * (32 if quick else 128) + [b"</w:body></w:document>"])
    docx(folder + "/deep.docx", [WORD] + [b"<w:p>" * 100_000] + [b"</w:p>" * 100_000, b"</w:body></w:document>"])
    docx(folder + "/cut xml.docx", [WORD, PARAGRAPH * 10])
    docx(folder + "/climbs.docx", [WORD, PARAGRAPH, b"</w:body></w:document>"], more=[("../../climbed.txt", "out")])
    with open(folder + "/climbs.docx", "rb") as file:
        put("cut zip.docx", file.read()[:300])
    for name in ("laughs", "outside", "bomb", "deep", "cut xml", "climbs"):
        fates[name + ".docx"] = None
    with open(folder + "/two gigabytes.txt", "wb") as file:
        file.truncate((2 << 30) + 1)
    fates["two gigabytes.txt"] = "reject"
    if not quick:
        with open(folder + "/half a gigabyte of nothing.pdf", "wb") as file:
            file.write(b"%PDF-1.7\n")
            file.truncate(512 << 20)
        fates["half a gigabyte of nothing.pdf"] = None
    return fates


def odd_entries(folder):
    """What is no file: it is passed over, and nothing waits on it."""
    os.mkfifo(folder + "/fifo.md")
    place = os.getcwd()
    os.chdir(folder)
    socket.socket(socket.AF_UNIX).bind("socket.md")
    os.chdir(place)
    os.symlink("loop.md", folder + "/loop.md")
    os.symlink("..", folder + "/up")
    os.symlink("/nowhere/at/all", folder + "/dangling.md")
    os.makedirs(folder + "/folder.md")
    try:
        os.mknod(folder + "/zero.md", 0o644 | 0o020000, os.makedev(1, 5))
    except OSError as failure:
        return [f"device node: {failure}"]
    return []


def name_of(uri):
    return os.path.basename(urllib.parse.unquote(uri, errors="surrogateescape"))


def peak_mb(command, folder):
    """Runs a command; its result, and the most memory that it and its children held together."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", cwd=folder)
    import threading
    peak = [0]

    def watch():
        while process.poll() is None:
            total = 0
            for pid in [process.pid, *children_of(process.pid)]:
                try:
                    with open(f"/proc/{pid}/status") as file:
                        found = re.search(r"RssAnon:\s+(\d+)", file.read())
                    total += int(found.group(1)) if found else 0
                except OSError:
                    pass
            peak[0] = max(peak[0], total >> 10)
            threading.Event().wait(0.03)

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = process.communicate(timeout=400)
    watcher.join()
    return subprocess.CompletedProcess(command, process.returncode, out, err), peak[0]


def children_of(pid):
    found = []
    for task in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(task) as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


def run(place, checks, quick):
    source = place.new_folder("source")
    fates = documents(source, quick)
    good = ["good.md", "good.html", "good.pdf"]
    for name in good:
        write_source(source, name, 0, 4)
        fates[name] = "document"
    for skipped in odd_entries(source):
        checks.skip("hostile entry", skipped)
    if os.geteuid() == 0:
        checks.skip("a file without permission to read", "the super-user may read it")
    else:
        write_source(source, "locked.md")
        os.chmod(source + "/locked.md", 0)
        fates["locked.md"] = "reject"
    pond = Pond(place, place.new_folder("pond"), source)
    assert pond.init().returncode == 0
    done, peak = peak_mb(pond.command("build", "--json"), pond.folder)
    if not checks.that(done.returncode == 0, f"the hostile folder: {done.returncode} {done.stdout[-800:]}{done.stderr[-500:]}"):
        return
    checks.that(peak < MEMORY_MAX_MB, f"the hostile folder took {peak} MB")
    report = {table["table"]: table for table in json.loads(done.stdout)["tables"]}
    rejects = {name_of(reject["uri"]): reject for reject in pond.json("rejects")["rejects"]}
    documents_made = {}
    if place.reader:
        read = place.reader.read(pond.root)
        checks.that("error" not in read, f"PyIceberg: {read.get('error')}")
        documents_made = {name_of(uri): row for row, uri in read.get("documents", [])}
    drops = report["documents"]["rows_dropped"]
    sources = report["sources"]
    checks.that(sources["rows_in"] == len(fates), f"{sources['rows_in']} files were listed, of {len(fates)}")
    made = report["documents"]["rows_out"]
    checks.that(made + drops + len(rejects) == len(fates),
                f"{len(fates)} files became {made} documents, {drops} drops and {len(rejects)} rejects")
    for name, fate in sorted(fates.items()):
        reject = rejects.get(name)
        if reject:
            checks.that(reject["code"] not in ("", "ok", "internal") and len(reject["reason"]) > 8, f"{name!r}: {reject['code']}: {reject['reason']}")
        if fate == "reject":
            checks.that(reject is not None, f"{name!r} should be rejected")
        elif fate == "document":
            checks.that(reject is None, f"{name!r} should be read, but: {reject}")
            if place.reader:
                checks.that(name in documents_made, f"{name!r} gave no document")
    again = pond.build()
    checks.that(again.returncode == 0, f"the hostile folder again: {again.stdout[-400:]}")
    for name in ("search", "tables", "log", "rejects", "runs"):
        words = ("search", "millrace") if name == "search" else (name,)
        for form in ((), ("--json",)):
            shown = pond.run(*words, *form)
            checks.that(shown.returncode == 0, f"{name}: {shown.returncode} {shown.stderr[-300:]}")
    checks.that(not os.path.exists(os.path.join(os.path.dirname(source), "climbed.txt")), "an archive wrote outside")
    hits = json.dumps(pond.chunks())
    checks.that("root:x:0" not in hits and "root:" not in hits, "an entity read a file of the machine")
    checks.none(strays(pond), "the hostile folder, then maintain")

    # All of it goes: nothing of it is left in the tables.
    for name in fates:
        os.unlink(os.path.join(os.fsencode(source), os.fsencode(name)))
    write_source(source, "last.md", 0, 2)
    done = pond.build()
    checks.that(done.returncode == 0, f"after the hostile files went: {done.stdout[-400:]}")
    from ponds import Truth
    checks.none(problems_of(pond, Truth(place, source), independent=True), "after the hostile files went")
    print(f"hostile: {len(fates)} files: {made} documents, {drops} drops, {len(rejects)} rejects; {peak} MB at the most", flush=True)
