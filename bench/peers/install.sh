#!/usr/bin/env bash
# Installs what millpond is compared with, each in an environment of its own under .deps/bench (about 7 GB for all).
# usage: bench/peers/install.sh [tables|curation|torch|extraction|llamaindex|cocoindex|pixeltable|ann|chunking|words|ranking|classify|enrich|speech|heuristics|pii|kenlm]...   without a name: all of them
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
mkdir -p ../../.deps
where=$(readlink -f ../../.deps)/bench  # a checkout may share the .deps of another, and must not be named in what is installed
mkdir -p "$where"

environment() {  # NAME: a virtual environment with the pinned packages of requirements/NAME.txt
  local wanted=requirements/$1.txt
  cmp -s "$wanted" "$where/$1/installed.txt" && return
  echo "installing $1" >&2
  rm -rf "${where:?}/$1"
  /usr/bin/python3 -m venv "$where/$1"
  # The sentence model's libraries take 5 GB, so they are installed once, and the stacks that need them look there as well.
  if [[ $1 != torch && $1 != tables && $1 != extraction && $1 != curation && $1 != ann && $1 != chunking && $1 != words && $1 != classify && $1 != enrich && $1 != speech && $1 != heuristics && $1 != pii && $1 != kenlm ]]; then
    environment torch
    echo "$where/torch/lib/python3.11/site-packages" >"$where/$1/lib/python3.11/site-packages/torch.pth"
  fi
  "$where/$1/bin/pip" install -q --disable-pip-version-check --no-deps -r "$wanted"
  cp "$wanted" "$where/$1/installed.txt"
}

[[ $# -gt 0 ]] || set -- tables curation torch extraction llamaindex cocoindex pixeltable ann chunking words ranking classify enrich speech heuristics pii kenlm
for name in "$@"; do
  environment "$name"
  if [[ $name == pii ]] && command -v go >/dev/null; then  # gitleaks is a Go program; without Go it is left out
    GOBIN=$where/pii/bin GOFLAGS=-modcacherw go install github.com/zricethezav/gitleaks/v8@v8.30.1
  fi
  [[ $name != classify ]] || python3 language_texts.py "$where/languages"
done
