#!/usr/bin/env python3
"""Writes lists, and what datatrove's URLFilter makes of addresses that are made by chance.

    python3 tests/golden/urls/make.py    writes the lists and decisions.tsv beside it

A line of decisions.tsv: the address, and "kept" or the reason. Two are decided otherwise on purpose, and say so:
    below       a host below a listed one that is not the registered domain, or an IP address; theirs keeps them
    same page   another way to write a listed address; theirs compares addresses as they are written
Needs `pip install datatrove==0.10.1 tldextract pyahocorasick fasteners`.
"""
import pathlib
import random

from datatrove.data import Document
from datatrove.pipeline.filters import URLFilter

HERE = pathlib.Path(__file__).resolve().parent
DOMAINS = ["bad.com", "worse.co.uk", "deep.site.org", "mill.example.net", "xn--mnchen-3ya.de", "blog.bad-host.io", "1.2.3.4"]
URLS = ["https://good.com/page", "http://good.com/a/b?q=1", "https://other.co.uk/x", "https://sub.other.co.uk/y/z"]
WORDS, SOFT, PARTS = ["casino", "xxx"], ["free", "bet", "win", "hot"], ["pokerr", "sexch"]
HOSTS = DOMAINS + ["good.com", "other.co.uk", "sub.other.co.uk", "notbad.com", "bad.com.au", "co.uk", "site.org", "example.net",
                   "io", "bad-host.io", "4.3.2.1"]
PATHS = ["", "/", "/page", "/x", "/a/b?q=1", "/casino", "/casino-night", "/xxx1", "/free/bet", "/free/free", "/hot.win?free",
         "/play-pokerr", "/se/xch", "/a#casino", "/?u=bad.com"]


def main():
    for name, entries in {"domains": DOMAINS, "urls": URLS, "words": WORDS, "soft": SOFT, "parts": PARTS}.items():
        (HERE / f"{name}.txt").write_text("\n".join(["# made by make.py", *entries]) + "\n")
    filters = URLFilter(extra_domains=DOMAINS, extra_urls=URLS, banned_words=WORDS, soft_banned_words=SOFT,
                        banned_subwords=PARTS, use_integrated_lists=False)
    # The automaton is only made ready for the lists that the package brings, unless told so when it is made.
    for word in filters.banned_subwords:
        filters.banned_subwords_automaton.add_word(word, 0)
    filters.banned_subwords_automaton.make_automaton()
    rng, lines = random.Random(3), {}
    for _ in range(1500):
        host = rng.choice(["", "", "www.", "a.", "a.b."]) + rng.choice(HOSTS)
        port = rng.choice(["", "", "", ":80", ":8080"])
        user = rng.choice(["", "", "", "me@", "me:pw@"])
        url = rng.choice(["http://", "https://"]) + user + host + port + rng.choice(PATHS)
        verdict = filters.filter(Document(text="", id="", metadata={"url": url}))
        reason = "kept" if verdict is True else verdict[1]
        listed = [d for d in DOMAINS if host.endswith("." + d) or host == d == "1.2.3.4"]
        if listed and reason not in ("domain", "subdomain", "url"):
            reason = "below"
        lines[url] = reason
    for url in URLS:
        lines[url] = filters.filter(Document(text="", id="", metadata={"url": url}))[1]
        other = url.replace("https:", "ftp:").replace("http:", "https:").replace("//", "//www.") + "#top"
        assert filters.filter(Document(text="", id="", metadata={"url": other})) is True
        lines[other] = "same page"
    # A chance address may be another way to write a listed one, too.
    bare = lambda url: url.split("//")[1].split("@")[-1].removeprefix("www.").replace(":80/", "/").replace(":443/", "/")
    for url, reason in lines.items():
        if reason != "url" and bare(url) in {bare(each) for each in URLS} and reason not in ("domain", "subdomain", "below"):
            lines[url] = "same page"
    (HERE / "decisions.tsv").write_text("".join(f"{url}\t{reason}\n" for url, reason in sorted(lines.items())))


if __name__ == "__main__":
    main()
