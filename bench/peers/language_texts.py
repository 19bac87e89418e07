"""Fetches Debian's handbook and manual pages in 30 languages, and writes their paragraphs to FOLDER/lines.tsv: language, tab, text.

Usage: language_texts.py FOLDER
"""

import gzip
import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LANGUAGES = "cs da de el es fi fr hu id it ja mk nb nl pl pt-br ro ru sr sv tr uk vi zh".split()
TAG = re.compile(r"<[^>]+>")
PARAGRAPH = re.compile(r'<p[^>]*>(.*?)</p>|<div class="para">(.*?)</div>', re.S)
ROFF = re.compile(r"\\f[BIRP1-4]|\\f\([A-Z]{2}|\\[&/,]|\\m\[\]|\\[a-z]\[[^]]*\]")


def handbook(share):
    for path in sorted(share.glob("doc/debian-handbook/html/*/*.html")):
        for found in PARAGRAPH.findall(path.read_text("utf8", "replace")):
            yield path.parent.name.split("-")[0], html.unescape(TAG.sub("", found[0] or found[1]))


def manual_pages(share):
    for path in sorted(share.glob("man/*/man*/*.gz")):
        language, paragraph = re.split(r"[_.]", path.parts[-3])[0], ""
        for line in gzip.open(path, "rt", encoding="utf8", errors="replace"):
            if line[:1] in (".", "'"):
                yield language, paragraph
                paragraph = ""
            else:
                paragraph += " " + ROFF.sub("", line.strip()).replace("\\-", "-").replace("\\(aq", "'").replace("\\\\", "\\")
        yield language, paragraph


def main():
    folder = Path(sys.argv[1])
    if (folder / "lines.tsv").exists():
        return
    print("fetching texts in 30 languages (59 MB)", file=sys.stderr)
    with tempfile.TemporaryDirectory() as work:
        packages = ["debian-handbook"] + [f"manpages-{language}" for language in LANGUAGES]
        subprocess.run(["apt-get", "download", "-q", *packages], cwd=work, check=True, stdout=subprocess.DEVNULL)
        for package in Path(work).glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, work + "/unpacked"], check=True)
        share = Path(work, "unpacked/usr/share")
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lines.new", "w") as out:
            for source in (handbook(share), manual_pages(share)):
                for language, text in source:
                    text = " ".join(text.split())
                    if len(text) >= 20:
                        out.write(f"{language}\t{text}\n")
    (folder / "lines.new").rename(folder / "lines.tsv")


if __name__ == "__main__":
    main()
