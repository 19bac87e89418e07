#!/usr/bin/env python3
"""Makes small tokenizers of each kind, and the ids that the reference `tokenizers` package gives texts by them.

    python3 make.py FOLDER     # NAME.json for each tokenizer, and NAME.tsv: a text in hexadecimal, its ids

What they are trained on, and the texts, are made here by chance.
"""
import random
import sys
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

WORDS = ("the of and to in is was it for with he be on i that by at you are his had not this have from but which she "
         "water river stone mill wheel grain flour bread baker morning evening quietly running turned turning returns "
         "don't I'm we'll they've it's 3.14 10,000 2026 foo_bar http://x.org/a?b=c&d naïve façade Zürich").split()
PARTS = ["'s", "'LL", "'ſ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "a", "Zebra", "é", "e\u0301", "中", "文字", "ひらがな", "123",
         "45678", "٣", "½", "!", "?!", "…", "—", "🙂", "👨‍👩‍👧", "\u00a0", "\u3000", "\u2028", "\u200b", "▁", "<s>", "</s>", "[MASK]",
         "[SEP]", "<|endoftext|>", "İ", "ß", "ﬁ", "Å", "\u0300", "_", "#", "$", "\ufeff", "\x07", "Ⅷ", "ａｂ", "<0x41>", "क्षि",
         "\ufffd", "====", "-----"]
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
OTHER = r"\p{N}{1,3}|[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|\s+"
BYTES = dict(initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def sentences(chance, count):
    return [" ".join(chance.choice(WORDS) for _ in range(chance.randrange(3, 30))) + chance.choice(".!?\n")
            for _ in range(count)]


def texts(chance, count):
    found = sentences(chance, count // 3)
    while len(found) < count:
        found.append("".join(chance.choice(PARTS if chance.random() < 0.6 else WORDS)
                             for _ in range(chance.randrange(1, 25))))
    return found + ["", " ", "\n", "x" * 300, "the mill " * 60, "=" * 200]


def trained(name, corpus):
    quiet = dict(show_progress=False)
    if name == "gpt2":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=["<|endoftext|>"], **BYTES, **quiet)
    elif name == "llama3":
        made = Tokenizer(models.BPE(ignore_merges=True))
        made.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
        trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=["<s>", "</s>"], **BYTES, **quiet)
    elif name == "regex":  # a pattern that is not known beforehand
        made = Tokenizer(models.BPE())
        made.normalizer = normalizers.NFC()
        made.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(True), pre_tokenizers.Split(Regex(OTHER), "merged_with_previous"),
            pre_tokenizers.ByteLevel(True, use_regex=False)])
        trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=["<|endoftext|>"], **BYTES, **quiet)
    elif name == "llama2":  # one piece a text, bytes for what is unknown
        made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.BpeTrainer(vocab_size=600, limit_alphabet=60, **quiet, special_tokens=[
            "<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))])
    elif name == "t5":
        made = Tokenizer(models.Unigram())
        made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", **quiet)
    else:
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=name == "bert_uncased")
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]", "[MASK]"], **quiet)
    made.train_from_iterator(corpus, trainer)
    if name == "llama2":
        made.pre_tokenizer = None
        made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    if name.startswith("bert"):
        ids = {token: made.token_to_id(token) for token in ("[CLS]", "[SEP]")}
        made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=list(ids.items()))
    made.add_tokens(["river stone"])
    return made


RULES = "00C9\t0065\nFB01\t0066 0069\n0009\t0020\n000D 000A\t0020\n0065 0301\t00E9\n3000\t0020\n200B\t\n2167\t0056 0049 0049 0049\n"


def precompiled(folder, corpus):
    """With SentencePiece's compiled rules for characters; skipped where that package is not installed."""
    try:
        import sentencepiece
        from sentencepiece import sentencepiece_model_pb2
    except ImportError:
        return None
    import tempfile
    with tempfile.TemporaryDirectory() as work:
        Path(work, "rules.tsv").write_text(RULES)
        Path(work, "corpus.txt").write_text("\n".join(line.strip() for line in corpus))
        sentencepiece.SentencePieceTrainer.train(input=f"{work}/corpus.txt", model_prefix=f"{work}/m", vocab_size=100, hard_vocab_limit=False,
                                                 normalization_rule_tsv=f"{work}/rules.tsv", minloglevel=2)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(Path(work, "m.model").read_bytes())
    made = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in model.pieces], model.trainer_spec.unk_id))
    made.normalizer = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return made


def main():
    folder = Path(sys.argv[1])
    chance = random.Random(20)
    corpus = sentences(chance, 2000)
    lines = texts(chance, 200)
    for name in ("gpt2", "llama3", "regex", "llama2", "t5", "bert_cased", "bert_uncased", "precompiled"):
        made = precompiled(folder, corpus) if name == "precompiled" else trained(name, corpus)
        if made is None:
            continue
        made.save(str(folder / f"{name}.json"), pretty=False)
        made = Tokenizer.from_file(str(folder / f"{name}.json"))
        with open(folder / f"{name}.tsv", "w") as out:
            for text in lines:
                ids = made.encode(text, add_special_tokens=False).ids
                out.write(text.encode().hex() + "\t" + " ".join(map(str, ids)) + "\n")


if __name__ == "__main__":
    main()
