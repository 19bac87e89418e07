"""What others find in texts. Usage: pii.py presidio TEXTS        places of what its pattern recognizers find
       pii.py generate COUNT            sentences of Presidio's own generator with their labels

TEXTS as bench/pii.py packs them. Prints one JSON document; CPU seconds are those of the work alone.
"""

import json
import logging
import struct
import sys
import time

logging.disable(logging.CRITICAL)  # it tries to fetch a list of domains, and uses the one that it has


def texts(path):
    with open(path, "rb") as file:
        while head := file.read(4):
            identity = file.read(struct.unpack("<I", head)[0]).decode()
            yield identity, file.read(struct.unpack("<I", file.read(4))[0]).decode()


def presidio(path):
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class WithoutModel(SpacyNlpEngine):
        """Words without a model of names: the recognizers by pattern, checksum and context work as ever."""

        def __init__(self):
            super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
            self.nlp = {"en": spacy.blank("en")}

        def load(self):
            pass

        def is_loaded(self):
            return True

    engine = WithoutModel()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(nlp_engine=engine, languages=["en"])
    registry.recognizers = [each for each in registry.recognizers if "Spacy" not in each.name]
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine)
    analyzer.analyze("ada@mill.org", language="en")
    documents, found = list(texts(path)), []
    began = time.process_time()
    for identity, text in documents:
        for each in analyzer.analyze(text, language="en"):
            found.append((identity, each.entity_type, each.start, each.end, each.score))
    seconds = time.process_time() - began
    by_id = dict(documents)
    in_bytes = [(i, kind, len(by_id[i][:a].encode()), len(by_id[i][:b].encode()), score) for i, kind, a, b, score in found]
    return {"cpu_seconds": seconds, "results": in_bytes}


def generate(count):
    import random
    from presidio_evaluator.data_generator import PresidioSentenceFaker
    import numpy
    random.seed(5), numpy.random.seed(5)
    made = PresidioSentenceFaker(locale="en_US", lower_case_ratio=0.05, random_seed=5)
    samples = []
    for i, sample in enumerate(made.generate_new_fake_sentences(int(count))):
        text = sample.full_text if hasattr(sample, "full_text") else sample.fake
        spans = [(s.entity_type if hasattr(s, "entity_type") else s.type, len(text[:s.start_position if hasattr(s, "start_position") else s.start].encode()),
                  len(text[:s.end_position if hasattr(s, "end_position") else s.end].encode())) for s in sample.spans]
        samples.append((f"s{i}", text, spans))
    return {"results": samples}


print(json.dumps({"presidio": presidio, "generate": generate}[sys.argv[1]](sys.argv[2])))
