#!/usr/bin/env python3
"""Checks what compilers do not: the direction of includes, light public headers, names and sizes of files."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# A module includes itself, modules of lower layers, and what ALSO allows.
LAYERS = [
    {"core"},
    {"pond"},
    {"flow"},
    {"source", "extract", "chunk", "model", "curate", "sink", "index", "sql"},
    {"ask", "memory", "govern"},
    {"serve", "cli", "python"},
]
ALSO = {("extract", "model"), ("chunk", "model"), ("curate", "model"), ("curate", "chunk"), ("curate", "extract"), ("chunk", "extract"), ("sink", "model"), ("cli", "serve")}
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}

LINES_MAX = 600
SOURCES = {".cpp", ".h", ".py", ".sh", ".cmake", ".js", ".css", ".html"}
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
# A leading letter would make it part of another path: framework/, network/.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:work|root)/\w|\btestvenv\b")
REGISTRY_HOSTS = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.org|repo1?\.maven\.|maven\.org|deb\.debian\.org)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def files():
    """Tracked files and those that are not ignored, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        found = [Path(line) for line in listed.stdout.splitlines()]
    else:  # a source archive
        found = [p.relative_to(ROOT) for p in ROOT.rglob("*") if not {".deps", "build", ".git"} & set(p.parts)]
    return [path for path in found if (ROOT / path).is_file()]


def module_of(path):
    """The module that a file belongs to, or None outside src/ and include/millpond/."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "millpond"):
        return parts[2] if len(parts) > 3 else "core"
    return None


def module_of_include(name):
    parts = name.split("/")
    if parts[0] == "millpond":
        return parts[1] if len(parts) > 2 else "core"
    return parts[0] if len(parts) > 1 and parts[0] in LAYER else None


def check_include(path, name):
    """What is wrong with an include line, or None."""
    if name in ("arrow/api.h", "parquet/api/reader.h", "parquet/api/writer.h", "parquet/api/schema.h"):
        return f"{name} costs seconds a file; include the narrow headers"
    if path.parts[0] == "include" and re.match(r"(arrow|parquet)/", name):
        return f"a public header defines nothing of Arrow's (millpond/type_fwd.h names its types): {name}"
    here, there = module_of(path), module_of_include(name)
    if here is None or there is None or here == there or (here, there) in ALSO:
        return None
    if here not in LAYER or there not in LAYER:
        return f"no such module in LAYERS: {here if here not in LAYER else there}"
    if LAYER[there] >= LAYER[here]:
        return f"{here} must not include {there}: {name}"
    return None


def check_name(path):
    for part in path.parts:
        vague = VAGUE_NAMES & set(re.split(r"[._-]", part.lower()))
        if vague:
            return f"a name that says nothing: {vague.pop()}"
    return None


def check_text(path, text):
    if path.suffix in SOURCES or path.name == "CMakeLists.txt":
        lines = text.count("\n")
        made = "; do not edit" in text[:200]  # tables that a script wrote
        if lines > LINES_MAX and not made:
            yield f"{lines} lines; more than {LINES_MAX} are two ideas"
    if path == Path(__file__).resolve().relative_to(ROOT):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((MACHINE_PATHS, "a path of one machine"), (REGISTRY_HOSTS, "a registry's host")):
            if found := pattern.search(line):
                yield f"line {number}: {what}: {found.group()}"


def problems_of(path):
    if problem := check_name(path):
        yield problem
    if path.parts[:3] == ("tests", "fuzz", "seeds") or path.parts[:2] == ("tests", "golden"):
        return
    try:
        text = (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    yield from check_text(path, text)
    if path.suffix in (".cpp", ".h"):
        for match in INCLUDE.finditer(text):
            if problem := check_include(path, match.group(2)):
                yield problem


def self_check():
    """The rules reject what they should; a check that never fails is worth nothing."""
    core = Path("src/core/x.cpp")
    assert check_include(core, "millpond/pond/table.h") and check_include(core, "pond/file_io.h")
    assert check_include(Path("include/millpond/x.h"), "arrow/array.h") and check_include(core, "arrow/api.h")
    assert check_include(Path("src/index/x.cpp"), "millpond/model/embedder.h")
    assert not check_include(Path("src/chunk/x.cpp"), "millpond/model/tokenizer.h")
    assert not check_include(Path("src/cli/x.cpp"), "millpond/ask/answer.h") and not check_include(core, "arrow/array.h")
    assert check_name(Path("src/core/string_utils.h")) and not check_name(Path("src/core/utility_value.h"))
    assert list(check_text(core, "x\n" * 601)) and list(check_text(core, '"/work' + '/main"'))


def main():
    self_check()
    checked, wrong = 0, 0
    for path in files():
        checked += 1
        for problem in problems_of(path):
            wrong += 1
            print(f"{path}: {problem}")
    print(f"{checked} files checked, {wrong} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
