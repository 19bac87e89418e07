# Paths and settings that every verb uses.
root=$PWD
deps=$root/.deps
stamps=$deps/stamps

bold='' plain=''
[[ -t 2 ]] && bold=$'\033[1m' plain=$'\033[0m'
say() { printf '%s%s%s\n' "$bold" "$*" "$plain" >&2; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }

# A compile job takes up to about 1.5 GB; more jobs than memory would swap.
memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
cores=$(nproc)
JOBS=${JOBS:-$((memory_gb / 2 < cores ? (memory_gb < 2 ? 1 : memory_gb / 2) : cores))}

# Object files are cached by content, so a second clone in another folder compiles nothing twice.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-4G}
if [[ -n ${MILLPOND_CACHE:-} ]]; then
  export CCACHE_DIR=$MILLPOND_CACHE/ccache PIP_CACHE_DIR=$MILLPOND_CACHE/pip
elif [[ -z ${HOME:-} ]]; then
  export CCACHE_DIR=$deps/cache/ccache PIP_CACHE_DIR=$deps/cache/pip
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1

# Whether NAME was installed from exactly these files; `stamp` records that it was.
stamp_of() { cat "${@:2}" | sha256sum | cut -c1-32; }
stamped() { [[ -f $stamps/$1 && $(<"$stamps/$1") == "$(stamp_of "$@")" ]]; }
stamp() { mkdir -p "$stamps"; stamp_of "$@" >"$stamps/$1"; }

# Tests written in Python use the environment of `install --tests` when it is there.
python() {
  if [[ -x $deps/tests/bin/python ]]; then "$deps/tests/bin/python" "$@"; else /usr/bin/python3 "$@"; fi
}
# Unit tests that compare with a reference in Python find it here.
[[ ! -x $deps/tests/bin/python ]] || export MILLPOND_PYTHON=$deps/tests/bin/python
