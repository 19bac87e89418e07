"""Makes tests/golden/cross_encoder: a tiny cross-encoder with random weights, and what transformers scores with it."""
import json, pathlib, sys
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

folder = pathlib.Path(sys.argv[1]); folder.mkdir(parents=True, exist_ok=True)
words = "the a of is on in key period notice ripe pear apple plum tree harvest autumn spring long how when what laptop lost report month year employee ends week days fruit green red soil rain sun garden".split()
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + ["##s", "##ed", "##ing", ".", ",", "?"]
(folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
(folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": 32, "tokenizer_class": "BertTokenizer"}) + "\n")
torch.manual_seed(7)
config = BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, max_position_embeddings=32, num_labels=1, initializer_range=0.35)
model = BertForSequenceClassification(config).eval()
with torch.no_grad():
    for name, value in model.named_parameters():
        if name.endswith("bias"): value.normal_(0, 0.1)
model.save_pretrained(folder, safe_serialization=True)
tokenizer = BertTokenizerFast(vocab={word: i for i, word in enumerate(vocabulary)}, do_lower_case=True)
assert tokenizer.unk_token_id not in tokenizer("the notice period").input_ids
tokenizer.model_max_length = 32
question = "How long is the notice period?"
passages = ["The notice period is a month.", "Ripe pears harvested in autumn, in the garden.", "Report the lost laptop.", "", "long " * 60, "Employees: notice ends a week on, rain or sun."]
batch = tokenizer([question] * len(passages), passages, truncation=True, max_length=32, padding=True, return_tensors="pt")
with torch.no_grad():
    scores = model(**batch).logits[:, 0].tolist()
(folder / "scores.json").write_text(json.dumps({"question": question, "passages": passages, "scores": [round(s, 5) for s in scores]}, indent=1) + "\n")
print(scores)
