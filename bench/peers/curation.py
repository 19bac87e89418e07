"""What datatrove and rensa make of texts. Usage: curation.py filters|minhash|pii|rensa TEXTS
       curation.py tokenizers TEXTS FOLDER     trains two tokenizers on them: gpt2.json, llama3.json
       curation.py tokens TEXTS TOKENIZER_JSON
       curation.py html TEXTS                  of web pages; in the environment `extraction`
       curation.py spans TEXTS BYTES           a suffix array; see there

TEXTS as bench/curation_text.cpp reads them. Prints JSON: CPU seconds of the work alone, and its results.
"""

import collections
import json
import struct
import sys
import tempfile
import time


def texts(path):
    with open(path, "rb") as file:
        while head := file.read(4):
            identity = file.read(struct.unpack("<I", head)[0]).decode()
            yield identity, file.read(struct.unpack("<I", file.read(4))[0]).decode()


def filters(documents):
    from datatrove.data import Document
    from datatrove.pipeline.filters import (C4QualityFilter, FineWebQualityFilter, GopherQualityFilter,
                                            GopherRepetitionFilter)
    steps = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(filter_no_terminal_punct=False),
             FineWebQualityFilter()]
    steps[1].filter(Document(text="a warm-up of the tokenizer", id=""))
    verdicts, began = {}, time.process_time()
    for identity, text in documents:
        document, verdict = Document(text=text, id=identity), "kept"
        for step in steps:
            result = step.filter(document)
            if result is not True:
                verdict = result[1]
                break
        verdicts[identity] = verdict
    return time.process_time() - began, verdicts


def minhash(documents):
    """The four stages, in one process; documents in clusters, and those that are removed."""
    import struct as binary
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from loguru import logger
    logger.remove()
    folder = tempfile.mkdtemp()
    began = time.process_time()
    MinhashDedupSignature(folder + "/signatures").run((Document(text=t, id=i) for i, t in documents), 0, 1)
    for bucket in range(14):
        MinhashDedupBuckets(folder + "/signatures", folder + "/buckets").run(None, bucket, 14)
    MinhashDedupCluster(folder + "/buckets", folder + "/clusters", save_cluster_id=True).run(None, 0, 1)
    seconds = time.process_time() - began
    names = [identity for identity, _ in documents]
    clusters = collections.defaultdict(list)
    with open(folder + "/clusters/000000.clusters", "rb") as file:
        for document, cluster in binary.iter_unpack("<2I", file.read()):
            clusters[cluster].append(names[document])
    with open(folder + "/clusters/000000.remove", "rb") as file:
        removed = sorted(names[document] for document, in binary.iter_unpack("<I", file.read()))
    return seconds, {"clusters": sorted(map(sorted, clusters.values())), "removed": removed}


def pii(documents):
    from datatrove.pipeline.formatters.pii import PIIFormatter
    formatter = PIIFormatter()
    began = time.process_time()
    for _, text in documents:
        formatter.format(text)
    seconds = time.process_time() - began
    emails, addresses = formatter.emails_replacer, formatter.ip_replacer
    finds = []
    for identity, text in documents:
        finds += [[identity, "e", m.group(0)] for m in emails.regex.finditer(text)]
        finds += [[identity, "i", m.group(0)] for m in addresses.regex.finditer(text) if addresses.validator(m.group(0))]
    return seconds, finds


def rensa(documents):
    """White space words, 5-grams, 112 values, the index: its own form, so only the time counts."""
    from rensa import RMinHash, RMinHashLSH
    index = RMinHashLSH(threshold=0.72, num_perm=112, num_bands=14)
    began = time.process_time()
    for number, (_, text) in enumerate(documents):
        words = text.split()
        signature = RMinHash(num_perm=112, seed=1)
        signature.update([" ".join(words[i:i + 5]) for i in range(max(1, len(words) - 4))])
        index.query(signature)
        index.insert(number, signature)
    return time.process_time() - began, None


def html(documents):
    """The main text of web pages, by resiliparse; the fastest of three rounds."""
    from resiliparse.extract.html2text import extract_plain_text
    seconds = []
    for _ in range(3):
        began = time.process_time()
        sizes = [[identity, len(extract_plain_text(text, main_content=True, alt_texts=False))] for identity, text in documents]
        seconds.append(time.process_time() - began)
    return min(seconds), sizes


def spans(documents):
    """A suffix array over all texts (libdivsufsort), its longest common prefixes, and from them every window of so many
    bytes that occurs earlier. CPU seconds of the array alone, and of all; the texts that are left."""
    import numpy
    from pydivsufsort import divsufsort, kasai
    length, texts_bytes = int(sys.argv[3]), [text.encode() for _, text in documents]
    joined = numpy.frombuffer(bytearray(b"".join(text + b"\xff" for text in texts_bytes)), numpy.uint8)
    starts = numpy.cumsum([0] + [len(text) + 1 for text in texts_bytes])
    began = time.process_time()
    order = divsufsort(joined)
    built = time.process_time() - began
    common = kasai(joined, order)  # of neighbours: the last entry is of the last suffix
    begins = numpy.flatnonzero(numpy.concatenate(([True], common[:len(order) - 1] < length)))
    first = numpy.empty(len(order), numpy.int64)
    sizes = numpy.diff(numpy.append(begins, len(order)))
    first[order] = numpy.repeat(numpy.minimum.reduceat(order.astype(numpy.int64), begins), sizes)
    place = numpy.arange(len(order))
    text_of = numpy.searchsorted(starts, place, "right") - 1
    copies = (place + length < starts[text_of + 1]) & (first < place) & (
        (first < starts[text_of]) | (place - first >= length))
    edges = numpy.zeros(len(order) + length + 1, numpy.int32)
    edges[:len(order)] += copies
    edges[length:length + len(order)] -= copies
    cut = numpy.cumsum(edges)[:len(order)] > 0
    seconds = time.process_time() - began
    left = []
    for number, (identity, _) in enumerate(documents):
        text, marks = texts_bytes[number], cut[starts[number]:starts[number + 1] - 1]
        ends = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], marks.astype(numpy.int8), [0]))))
        rest, at = b"", 0
        for begin, end in ends.reshape(-1, 2).tolist():
            while begin < end and text[begin] & 0xC0 == 0x80:
                begin += 1
            while begin < end < len(text) and text[end] & 0xC0 == 0x80:
                end -= 1
            rest, at = rest + text[at:begin], end
        rest += text[at:]
        if rest.strip() or rest == text:
            left.append([identity, rest.decode()])
    return seconds, {"left": left, "built_seconds": built}


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")


def tokenizers(documents):
    """Byte-level BPE with the pre-tokenisers of GPT-2 and of Llama 3, 32,000 tokens."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
    byte_level = pre_tokenizers.ByteLevel
    forms = {"gpt2": byte_level(add_prefix_space=False),
             "llama3": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                byte_level(add_prefix_space=False, use_regex=False)])}
    began = time.process_time()
    for name, form in forms.items():
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = form
        made.train_from_iterator([text for _, text in documents], trainers.BpeTrainer(
            vocab_size=32000, special_tokens=["<|endoftext|>"], initial_alphabet=byte_level.alphabet(), show_progress=False))
        made.save(f"{sys.argv[3]}/{name}.json")
    return time.process_time() - began, None


def tokens(documents):
    """The fastest of its calls, on one thread; then for each text the number of ids and a hash of them (FNV-1a)."""
    from tokenizers import Tokenizer
    made = Tokenizer.from_file(sys.argv[3])
    made.no_truncation()
    made.no_padding()
    bodies, seconds = [text for _, text in documents], []
    for _ in range(3):
        began = time.process_time()
        made.encode_batch_fast(bodies, add_special_tokens=False)
        seconds.append(time.process_time() - began)
    results = []
    for identity, text in documents:
        ids, total = made.encode(text, add_special_tokens=False).ids, 1469598103934665603
        for byte in struct.pack(f"<{len(ids)}i", *ids):
            total = (total ^ byte) * 1099511628211 & 0xFFFFFFFFFFFFFFFF
        results.append([identity, str(len(ids)), f"{total:016x}"])
    return min(seconds), results


def main():
    documents = list(texts(sys.argv[2]))
    seconds, results = {"filters": filters, "minhash": minhash, "pii": pii, "rensa": rensa, "spans": spans, "html": html,
                        "tokenizers": tokenizers, "tokens": tokens}[sys.argv[1]](documents)
    print(json.dumps({"cpu_seconds": seconds, "results": results}))


main()
