"""Writes minilm_golden.json: texts and their vectors, computed in float32 by a plain reading of the BERT paper; and
minilm_in_place_golden.json: passages of documents, each with its neighbours around it (late chunking).

Needs numpy and tokenizers, no other package:  python make_minilm_golden.py MODEL_FOLDER
The vectors are the reference that tests/unit/model/embedder_test.cpp and bench/embed.cpp compare with.
"""
import base64, json, math, struct, sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

TEXTS = [
    "",
    "a",
    "Hello, world!",
    "The mill stands at the end of the pond.",
    "How long is the notice period?",
    "Either party may end this agreement with three months' notice to the end of a calendar quarter.",
    "Der Mühlteich treibt das Rad; das Wasser kommt aus dem Bach.",
    "naïve café, résumé; ÅNGSTRÖM",
    "水车由池塘的水驱动。",
    "Мельница стоит у пруда.",
    "مطحنة الماء بجانب البركة",
    "🙂 emoji and   odd\twhite\nspace",
    "[CLS] literal markers [SEP] in the text",
    "int main(int argc, char** argv) { return argc > 1 ? 0 : 1; }",
    "x" * 150,
    "pneumonoultramicroscopicsilicovolcanoconiosis and antidisestablishmentarianism",
    "Temperature 21.5 °C, pressure 1,013 hPa, 42 % humidity at 08:30 on 2024-03-01.",
    " ".join(f"Paragraph {i} says that water level {i * 3} was read at gauge {i % 7}." for i in range(8)),
    " ".join(f"Row {i} of the ledger lists barrel {i * 17 % 101} of flour." for i in range(60)),
    "the " * 400,
    "search " * 3 + "and find",
]


# Each a document: the second needs three passes of 510 tokens.
DOCUMENTS = [
    ["Berlin is the capital of Germany.", "It has more than 3.8 million people.", "The city lies on the Spree."],
    [" ".join(f"In year {year} the miller of pond {year % 9} sold {year * 7 % 90} sacks." for year in range(first, first + 9))
     for first in range(0, 72, 9)],
    ["One passage alone."],
]


def load(folder):
    raw = (folder / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for name, entry in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(raw, np.float32, (end - begin) // 4, 8 + size + begin).reshape(entry["shape"])
    return tensors


def norm(x, w, name, epsilon):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * w[name + ".weight"] + w[name + ".bias"]


def gelu(x):
    return (0.5 * x * (1 + np.vectorize(math.erf)(x.astype(np.float64) / math.sqrt(2)))).astype(np.float32)


def encode(ids, w, config):
    heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]
    dense = lambda x, name: x @ w[name + ".weight"].T + w[name + ".bias"]
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm", epsilon)
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        split = lambda name: dense(x, p + "attention.self." + name).reshape(len(ids), heads, -1).transpose(1, 0, 2)
        q, k, v = split("query"), split("key"), split("value")
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + dense(mixed, p + "attention.output.dense"), w, p + "attention.output.LayerNorm", epsilon)
        wide = gelu(dense(x, p + "intermediate.dense"))
        x = norm(x + dense(wide, p + "output.dense"), w, p + "output.LayerNorm", epsilon)
    return x


def pooled(x):
    mean = x.mean(0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)


def packed(vector):
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def in_place(passages, states, cls, sep, room=510):
    """Passages in passes: a quarter from before the first, as many as fit, and what has room from behind."""
    ids, starts = sum(passages, []), [sum(map(len, passages[:i])) for i in range(len(passages) + 1)]
    vectors = []
    while len(vectors) < len(passages):
        first = len(vectors)
        begin = starts[first] - min(starts[first], room // 4, room - len(passages[first]))
        last = max(i for i in range(first, len(passages)) if starts[i + 1] - begin <= room)
        end = min(len(ids), begin + room)
        if end == len(ids):
            begin = min(begin, max(0, len(ids) - room))
        x = states([cls] + ids[begin:end] + [sep])
        for i in range(first, last + 1):
            alone = end - begin == len(passages[i])
            vectors.append(pooled(x if alone else x[1 + starts[i] - begin:1 + starts[i + 1] - begin]))
    return vectors


def main():
    folder = Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    length = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    weights = load(folder)
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        cases.append({"text": text, "tokens": len(ids), "vector": packed(pooled(encode(ids, weights, config)))})
    out = Path(__file__).with_name("minilm_golden.json")
    out.write_text(json.dumps(cases, indent=0, ensure_ascii=False) + "\n")
    cls, sep = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
    documents = []
    for passages in DOCUMENTS:
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in passages]
        vectors = in_place(ids, lambda all_ids: encode(all_ids, weights, config), cls, sep)
        documents.append([{"text": text, "vector": packed(vector)} for text, vector in zip(passages, vectors)])
    Path(__file__).with_name("minilm_in_place_golden.json").write_text(json.dumps(documents, indent=0) + "\n")


main()
