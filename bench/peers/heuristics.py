"""What NeMo Curator's and Data-Juicer's own filters make of texts. Usage: heuristics.py nemo|juicer TEXTS LISTS

TEXTS as bench/curation.py packs them. LISTS: a folder with stopwords.json and flagged_words.json. Prints one JSON
document: CPU seconds of the work alone, and for each text its values by our columns' names, and whether it is kept.
Both packages import much that their text filters do not use (a GPU's libraries, video), so the modules of the filters
are loaded by themselves: the files are those of the packages, what is around them is left empty.
"""

import importlib
import importlib.util
import json
import math
import pathlib
import struct
import sys
import time
import types

TOP = {2: 0.2, 3: 0.18, 4: 0.16}
DUPLICATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def bare_packages(*names):
    """Packages that run nothing of their own when they are imported."""
    for name in names:
        top, *rest = name.split(".")
        place = pathlib.Path(importlib.util.find_spec(top).origin).parent if top not in sys.modules else \
            pathlib.Path(sys.modules[top].__path__[0])
        module = types.ModuleType(name)
        module.__path__ = [str(place.joinpath(*rest))]
        sys.modules[name] = module


def nemo_filters():
    """(column, reason, filter, whether a text without it raises) in the order of the English pipeline."""
    text = "nemo_curator.stages.text"
    bare_packages("nemo_curator", "nemo_curator.stages", text, text + ".filters", text + ".filters.heuristic",
                  text + ".filters.heuristic.repetition", text + ".utils")
    load = lambda name: importlib.import_module(f"{text}.filters.heuristic.{name}")
    string, repetition = load("string"), load("repetition.repetition")
    filters = [
        ("nemo_non_alnum_frac", string.NonAlphaNumericFilter()),
        ("nemo_symbol_word_frac", string.SymbolsToWordsFilter()),
        ("nemo_digit_frac", string.NumbersFilter()),
        ("nemo_url_frac", string.UrlsFilter()),
        ("nemo_space_frac", string.WhiteSpaceFilter()),
        ("nemo_bracket_frac", string.ParenthesesFilter()),
        ("nemo_boilerplate_frac", string.BoilerPlateStringFilter()),
        ("nemo_unique_line_frac", repetition.RepeatedLinesFilter()),
        ("nemo_unique_paragraph_frac", repetition.RepeatedParagraphsFilter()),
        ("nemo_unique_line_char_frac", repetition.RepeatedLinesByCharFilter()),
        ("nemo_unique_paragraph_char_frac", repetition.RepeatedParagraphsByCharFilter()),
        ("nemo_words", string.WordCountFilter()),
        ("nemo_unended_line_frac", string.PunctuationFilter()),
        ("nemo_letter_word_frac", string.WordsWithoutAlphabetsFilter()),
        ("nemo_common_words", string.CommonEnglishWordsFilter(stop_at_false=False)),
        ("nemo_word_chars", string.MeanWordLengthFilter()),
        ("nemo_word_chars_most", string.LongWordFilter()),
        ("nemo_ellipsis_line_frac", string.EllipsisFilter()),
    ]
    filters += [(f"nemo_top_{n}_gram_frac", repetition.RepeatingTopNGramsFilter(n, most)) for n, most in TOP.items()]
    filters += [(f"nemo_dup_{n}_gram_frac", repetition.RepeatingDuplicateNGramsFilter(n, most))
                for n, most in DUPLICATED.items()]
    return filters + [("nemo_bullet_line_frac", string.BulletsFilter()),
                      ("nemo_porn_urls", string.PornographicUrlsFilter())]


def nemo_of(filters, text):
    """Values and whether all filters but that of pornographic addresses, which is not in the pipeline, keep it."""
    values, kept = {}, True
    for column, each in filters:
        try:
            value = each.score_document(text)
        except (ZeroDivisionError, ValueError):  # of a text without words or lines
            values[column] = None
            continue
        values[column] = value
        if column != "nemo_porn_urls":
            kept = kept and bool(each.keep_document(value))
    return values, kept


def top_values(text, n):
    """What NeMo's RepeatingTopNGramsFilter may say: which of equally frequent rows it takes is left to the order of a set."""
    words = text.split()
    counts = {}
    for row in zip(*[words[i:] for i in range(n)]):
        counts[row] = counts.get(row, 0) + 1
    most = max(counts.values(), default=0)
    size = len(text)
    return sorted({(size - len(text.replace(" ".join(row), ""))) / size for row, count in counts.items() if count == most})


def unsure(values):
    """Whether it was left to chance if the text is kept."""
    either = lambda may_be, most: isinstance(may_be, list) and may_be[0] <= most < may_be[-1]
    return any(either(values[f"nemo_top_{n}_gram_frac"], most) for n, most in TOP.items())


def juicer_filters(lists):
    bare_packages("data_juicer", "data_juicer.utils", "data_juicer.ops", "data_juicer.ops.filter")
    base = types.ModuleType("data_juicer.ops.base_op")
    models = types.ModuleType("data_juicer.utils.model_utils")
    fusion = types.ModuleType("data_juicer.ops.op_fusion")

    class Registry:
        def register_module(self, name):
            return lambda cls: cls

    class Filter:
        def __init__(self, *args, **kwargs):
            self.text_key, self.min_closed_interval, self.max_closed_interval = "text", True, True

        def get_keep_boolean(self, value, least=None, most=None):
            return (least is None or value >= least) and (most is None or value <= most)

    base.OPERATORS, base.Filter, base.NON_STATS_FILTERS = Registry(), Filter, Registry()
    models.get_model, models.prepare_model = lambda key: None, lambda **words: None
    fusion.INTER_LINES = fusion.INTER_WORDS = Registry()
    sys.modules.update({base.__name__: base, models.__name__: models, fusion.__name__: fusion})
    assets = types.ModuleType("data_juicer.utils.asset_utils")
    assets.ASSET_DIR = str(lists)
    assets.load_words_asset = lambda words_dir, words_type: json.loads(pathlib.Path(words_dir, words_type + ".json").read_text())
    sys.modules[assets.__name__] = assets
    constant = importlib.import_module("data_juicer.utils.constant")
    load = lambda name: importlib.import_module(f"data_juicer.ops.filter.{name}")
    filters = [
        ("dj_alnum_frac", "alnum_ratio", load("alphanumeric_filter").AlphanumericFilter()),
        ("dj_line_chars", "avg_line_length", load("average_line_length_filter").AverageLineLengthFilter()),
        ("dj_char_repetition", "char_rep_ratio", load("character_repetition_filter").CharacterRepetitionFilter()),
        ("dj_flagged_word_frac", "flagged_words_ratio", load("flagged_words_filter").FlaggedWordFilter()),
        ("dj_line_chars_most", "max_line_length", load("maximum_line_length_filter").MaximumLineLengthFilter()),
        ("dj_special_frac", "special_char_ratio", load("special_characters_filter").SpecialCharactersFilter()),
        ("dj_stop_word_frac", "stopwords_ratio", load("stopwords_filter").StopWordsFilter()),
        ("dj_chars", "text_len", load("text_length_filter").TextLengthFilter()),
        ("dj_word_repetition", "word_rep_ratio", load("word_repetition_filter").WordRepetitionFilter()),
        ("dj_words", "num_words", load("words_num_filter").WordsNumFilter()),
    ]
    return constant.Fields.stats, filters


def juicer_of(filters, text):
    stats_key, all_filters = filters
    values, kept = {}, True
    for column, key, each in all_filters:
        if hasattr(each, "compute_stats_single"):
            sample = each.compute_stats_single({"text": text, stats_key: {}})
            kept = kept and bool(each.process_single(sample))
            values[column] = sample[stats_key][key]
        else:
            samples = each.compute_stats_batched({"text": [text], stats_key: [{}]})
            kept = kept and all(each.process_batched(samples))
            values[column] = samples[stats_key][0][key]
    return values, kept


def unpack(path):
    data, at, fields = pathlib.Path(path).read_bytes(), 0, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at)[0]
        fields.append(data[at + 4:at + 4 + size].decode())
        at += 4 + size
    return list(zip(fields[::2], fields[1::2]))


def main():
    kind, texts, lists = sys.argv[1:4]
    documents = unpack(texts)
    filters = nemo_filters() if kind == "nemo" else juicer_filters(lists)
    of = nemo_of if kind == "nemo" else juicer_of
    began = time.process_time()
    found = [of(filters, text) for _, text in documents]
    seconds = time.process_time() - began
    out = {}
    for (name, text), (values, kept) in zip(documents, found):
        if kind == "nemo":
            for n in TOP:
                values[f"nemo_top_{n}_gram_frac"] = top_values(text, n) if len(text.split()) >= n else [1.0]
            kept = None if unsure(values) else kept
        out[name] = {"values": {k: v if v is None or isinstance(v, list) or math.isfinite(v) else None for k, v in values.items()},
                     "kept": kept}
    print(json.dumps({"seconds": seconds, "documents": out}))


if __name__ == "__main__":
    main()
