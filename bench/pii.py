"""Personal data and secrets: what find_pii finds, beside Presidio's pattern recognizers, and gitleaks for secrets.

Three sets. Texts of our own (bench/pii_texts.py): planted values, right by their check digits, and near-misses. Sentences
of Presidio's own generator: only kinds that can be told by form count. Debian's manuals: how much is found where little
personal is. A finding is right if it overlaps a planted value of its kind; each value counts once.
"""

import collections
import json
import re
import struct
import sys

import measure
import pii_texts
from measure import Result, run, say, scratch

# Presidio's names for kinds that both know.
THEIRS = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip", "CREDIT_CARD": "credit_card", "IBAN_CODE": "iban",
          "US_SSN": "us_ssn", "US_ITIN": "us_itin", "UK_NHS": "uk_nhs", "UK_NINO": "uk_nino", "CRYPTO": "crypto_address",
          "MAC_ADDRESS": "mac_address"}
GENERATED = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip", "CREDIT_CARD": "credit_card", "IBAN_CODE": "iban",
             "US_SSN": "us_ssn"}
SAME = {"ipv4": "ip", "ipv6": "ip"}


def pack(path, texts):
    with open(path, "wb") as file:
        for each in texts:
            for field in each[:2]:
                data = field.encode()
                file.write(struct.pack("<I", len(data)) + data)
    return path


def ours(tool, path, kinds="usual", least=0.6):
    """MB a CPU second, and [(id, kind, first byte, last byte, confidence)]."""
    out = measure.WORK / "pii" / "found.tsv"
    process = run(["bash", "-c", 'exec "$0" "$@" 2>&1 >"$OUT"', tool, path, kinds, str(least)], env={"OUT": str(out)})
    rows = [line.split("\t") for line in out.read_text().splitlines()]
    found = [(name, kind, int(begin), int(end), float(sure)) for name, kind, begin, end, sure in rows]
    return float(re.search(r"([0-9.]+) MB/s", process.out)[1]), found


def score(texts, found, kinds=None, any_kind=False):
    """{kind: [right, wrong, missed]} of what was found against what was planted."""
    planted = {name: [(kind, a, b) for kind, a, b in labels if kinds is None or kind in kinds] for name, _, labels in texts}
    counts = collections.defaultdict(lambda: [0, 0, 0])
    met = set()
    for name, kind, begin, end, _ in found:
        if kinds is not None and kind not in kinds:
            continue
        hits = [label for label in planted[name] if label[1] < end and begin < label[2] and (any_kind or label[0] == kind)]
        counts[kind][0 if hits else 1] += 1 if not hits or (name, hits[0]) not in met else 0
        met.update((name, label) for label in hits)
    for name, labels in planted.items():
        for label in labels:
            counts[label[0]][2] += (name, label) not in met
    return counts


def rates(counts):
    right, wrong, missed = (sum(each[i] for each in counts.values()) for i in range(3))
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def renamed(found):
    return [(name, SAME.get(kind, kind), a, b, sure) for name, kind, a, b, sure in found]


def manuals():
    return [(str(path), path.read_text("utf8", "replace")) for folder in measure.document_folders()
            for path in sorted(folder.rglob("*")) if path.suffix in (".txt", ".md", ".rst", ".html") and path.is_file()]


def gitleaks(program, folder, texts):
    """Secrets that it finds in files of them: names of the files, and how many it reports where there are none."""
    for name, text, _ in texts:
        (folder / f"{name}.txt").write_text(text)
    report = folder.parent / "gitleaks.json"
    process = run([program, "dir", folder, "--report-format", "json", "--report-path", report, "--no-banner", "--exit-code", "0"])
    names = {re.sub(r"\.txt$", "", finding["File"].split("/")[-1]) for finding in json.loads(report.read_text())}
    return names, process.cpu_seconds


def main():
    options = measure.arguments(__doc__, each=(40, "values of every kind"))
    each = 4 if options.quick else options.each
    tool, folder = measure.tool("bench_pii"), scratch("pii")
    python = measure.PEERS / "pii" / "bin" / "python"
    with_peers = python.exists() and not options.no_peers
    skipped = [] if with_peers else ["Presidio, gitleaks: bench/peers/install.sh pii installs them"]

    def peer(what, word):
        say(f"  {what} by a peer")
        return json.loads(run([python, measure.ROOT / "bench" / "peers" / "pii.py", what, str(word)]).out.splitlines()[-1])

    texts = pii_texts.planted(each) + pii_texts.near_misses(20 * each)
    path = pack(folder / "texts", texts)
    _, found = ours(tool, path)
    counts = score(texts, found)
    precision, recall, f1 = rates(counts)
    kinds = {kind: right / max(1, right + wrong) for kind, (right, wrong, _) in counts.items()}
    worst = min(kinds, key=kinds.get)
    results = [Result("find_pii, own set: precision", precision, "", 0.95, False), Result("  recall", recall, "", 0.9, False),
               Result(f"  precision of the least sure kind", kinds[worst], "", 0.95, False, note=f"{worst}; {len(texts)} texts")]
    for kind, (right, wrong, missed) in sorted(counts.items()):
        say(f"    {kind:<16} right {right:>4}  wrong {wrong:>3}  missed {missed:>3}")
    if with_peers:
        answer = peer("presidio", path)
        known = set(THEIRS.values())
        relabelled = [(name, [(SAME.get(k, k), a, b) for k, a, b in labels]) for name, _, labels in texts]
        both = [(name, "", labels) for name, labels in relabelled]
        theirs = [(name, THEIRS[kind], a, b, sure) for name, kind, a, b, sure in answer["results"] if kind in THEIRS and sure >= 0.35]
        results.append(Result("  F1 on kinds that both know", rates(score(both, renamed(found), known))[2], "", None, False,
                              rates(score(both, theirs, known))[2], "Presidio"))
        sentences = peer("generate", 100 if options.quick else 3000)["results"]
        generated = [(name, text, [(GENERATED[k], a, b) for k, a, b in labels if k in GENERATED]) for name, text, labels in sentences]
        pack(folder / "sentences", generated)
        _, mine = ours(tool, folder / "sentences")
        answer = peer("presidio", folder / "sentences")
        known = set(GENERATED.values())
        theirs = [(name, THEIRS[kind], a, b, sure) for name, kind, a, b, sure in answer["results"] if kind in THEIRS and sure >= 0.35]
        size_mb = sum(len(text.encode()) for _, text, _ in generated) / 1e6
        mine_rates, their_rates = rates(score(generated, renamed(mine), known)), rates(score(generated, theirs, known))
        results.append(Result("Presidio's own sentences: F1", mine_rates[2], "", their_rates[2], False, their_rates[2], "Presidio",
                              f"precision {mine_rates[0]:.3f} to {their_rates[0]:.3f}, recall {mine_rates[1]:.3f} to {their_rates[1]:.3f}"))
        for kind, (right, wrong, missed) in sorted(score(generated, renamed(mine), known).items()):
            say(f"    {kind:<16} right {right:>4}  wrong {wrong:>3}  missed {missed:>3}")
        peer_rate = size_mb / answer["cpu_seconds"]
    else:
        peer_rate = None
    secrets = pii_texts.with_secrets(max(1, each // 4))
    plain = [(name, text, []) for name, text, _ in pii_texts.near_misses(20 * each)]
    pack(folder / "secrets", secrets + plain)
    _, mine = ours(tool, folder / "secrets", "secret")
    hits = {(name) for name, _, a, b, _ in mine if any(x < b and a < y for n, _, labels in secrets if n == name for _, x, y in labels)}
    false = sum(name.startswith("none-") for name, *_ in mine)
    their_hits, note = None, f"{false} of {len(plain)} near-misses taken for one"
    program = python.parent / "gitleaks"
    if with_peers and program.exists():
        (folder / "files").mkdir()
        names, _ = gitleaks(program, folder / "files", secrets + plain)
        their_hits = sum(not name.startswith("none-") for name in names)
        note += f"; {sum(name.startswith('none-') for name in names)} by gitleaks"
    missed = collections.Counter(name.rsplit("-", 1)[0] for name, _, _ in secrets if name not in hits)
    if missed:
        say(f"    missed: {dict(missed)}")
    results.append(Result(f"secrets found of {len(secrets)} planted", len(hits), "", 0.95 * len(secrets), False, their_hits, "gitleaks", note))
    pages = manuals()
    pack(folder / "pages", pages)
    rate, all_found = ours(tool, folder / "pages")
    size_mb = sum(len(text.encode()) for _, text in pages) / 1e6
    by_kind = collections.Counter(kind for _, kind, *_ in all_found if kind not in ("email",))
    results.append(Result("findings in manuals, less e-mail", sum(by_kind.values()) / size_mb, "per MB", None, True, note=str(dict(by_kind.most_common(8)))))
    results.append(Result("all kinds, manuals", rate, "MB/CPU-s", 200, False, peer_rate, "Presidio", f"{size_mb:.1f} MB"))
    measure.finish(options, results, skipped)


if __name__ == "__main__":
    sys.exit(main())
