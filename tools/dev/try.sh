# From nothing to a cited answer: installs, builds, ingests Debian's own manuals, asks a question.
question=${1:-How do I find out which package a file belongs to?}
pond=build/try

try_step() {  # what it is doing, how long it may take, the command
  local began=$SECONDS
  say "[$1] $2"
  "${@:3}"
  echo "    $((SECONDS - began)) s" >&2
}

try_main() {
  local began=$SECONDS millpond=$root/build/release/millpond
  say "This takes up to a quarter of an hour on two cores the first time, and less than a minute after that."
  try_step 1/4 "install: compiler, libraries, a sentence model and Debian's manuals" ./dev install
  try_step 2/4 "build: compile millpond into build/release" ./dev build release millpond
  mkdir -p "$pond"
  cd "$pond"
  [[ -d .pond ]] || "$millpond" init
  try_step 3/4 "ingest: $(find "$deps/corpus" -type f | wc -l) documents (PDF, HTML, text) in .deps/corpus" ingest
  say "[4/4] ask: $question"
  "$millpond" ask "$question"
  cd "$root"
  cat <<NEXT

Done in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s. The pond is $pond/.pond: open Iceberg tables. What next:
  cd $pond
  ../release/millpond ask "What does the sticky bit do?"
  ../release/millpond search "full disk encryption"
  ../release/millpond tables
and with your own files, in a folder of your choice:
  $millpond init && $millpond add ~/documents && $millpond build
NEXT
}

ingest() {
  "$millpond" add "$deps/corpus" >/dev/null
  "$millpond" build
}
try_main
