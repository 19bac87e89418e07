#!/usr/bin/env python3
"""Writes sources made by chance with what NeMo Curator's own code filters measure of them.

    python3 tests/golden/code/make.py > tests/golden/code/sources.jsonl

No quotation marks in strings and characters of C: the package does not know that they can be escaped. A line: `uri`, `text`, `values` by column. In the environment of bench/peers/install.sh heuristics.
"""
import importlib
import json
import pathlib
import random
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench" / "peers"))
import heuristics  # noqa: E402

C = ["int x = 1;", "// a comment", "/* one\n   two */", "char *s = \"no // comment\";", "f(a / b, a * b); // täglich",
     "", "/**/", "x /= 2; /* y */ z++;", "// /* not a block", "#include <a/b.h>"]
GO = ["func f() int {", "// comment", "s := `raw // text`", "t := \"a /* b\"", "/* block\nof lines */", "}", "", "x := 1 // end"]
JS = ["let a = 'it // is';", "// comment", "/* block */", "const t = \"x\";", "", "f(1, 2); // call", "let u = \"\\\\\"; // after"]
SHELL = ["echo hi", "# comment", "x=\"# none\"", "y='# none'", "", "ls -l # list"]
PYTHON = ["x = 1", "# comment", "s = '# none'", "t = \"\"\"# none\"\"\"", "y = 2  # täglich", "", "def f{0}():\n    \"\"\"Doc string.\"\"\"\n    return {0}",
          "u = \"it's # none\"", "class A{0}:\n    'One line.'\n    z = 3"]
HTML = ["<p>Text of a mill &amp; more words here to read, and a river beside it.</p>", "<script>var a = '<b>';</script>", "<style>p { x: y }</style>",
        "<!-- comment <b> -->", "<div class=\"x\" id='y'><span>", "</span></div>", "plain words stand here", "<br/>", ""]
KINDS = {"a.c": (C, "text/x-c"), "b.go": (GO, "text/x-go"), "c.js": (JS, "text/x-javascript"), "d.sh": (SHELL, "text/x-shellscript"),
         "e.py": (PYTHON, None), "f.html": (HTML, "html")}


def main():
    warnings.filterwarnings("error", message=".*(code couldn't be parsed|tokenization error)")
    warnings.filterwarnings("ignore", message="(?s).*XML")
    heuristics.nemo_filters()
    name = "nemo_curator.stages.text.filters.heuristic.code"
    heuristics.bare_packages(name)
    code = importlib.import_module(name + ".code")
    lines, letters, xml, html = (code.NumberOfLinesOfCodeFilter(), code.AlphaFilter(), code.XMLHeaderFilter(),
                                 code.HTMLBoilerplateFilter())
    per_extension = code.PerExtensionFilter.__new__(code.PerExtensionFilter)  # its limits come from a file
    rng = random.Random(5)
    for number in range(240):
        uri, (pieces, mime) = list(KINDS.items())[number % len(KINDS)]
        text = "\n".join(rng.choice(pieces).replace("{0}", str(i)) for i in range(rng.randint(1, 25)))
        if rng.random() < 0.1:
            text = "<?xml version=\"1.0\"?>\n" + text if uri == "c.js" else text
        if not text:
            continue
        longest, mean = per_extension._line_statistics(text)
        values = {"code_lines": lines.score_document(text), "code_alpha_frac": letters.score_document(text),
                  "code_xml_header": xml.score_document(text), "code_line_chars_most": longest, "code_line_chars": mean,
                  "code_alnum_frac": per_extension._alphanum_fraction(text)}
        if mime == "html":
            values["code_html_text_frac"] = html.score_document(text)
        else:
            try:
                which = code.GeneralCommentToCodeFilter(mime) if mime else code.PythonCommentToCodeFilter()
                values["code_comment_frac"] = which.score_document(text)
            except UserWarning:  # it cannot read this one
                continue
        print(json.dumps({"uri": uri, "text": text, "values": values}, ensure_ascii=False))


if __name__ == "__main__":
    main()
