# Runs bench/NAME.sh or bench/NAME.py against the release binary.
bench_main() {
  local name=${1:-}
  shift || true
  [[ -n $name ]] || die "which one? $(ls bench 2>/dev/null | sed -nE 's/\.(sh|py)$//p' | tr '\n' ' ')"
  ./dev build release
  export MILLPOND=$root/build/release/millpond
  if [[ -f bench/$name.sh ]]; then exec bash "bench/$name.sh" "$@"; fi
  if [[ -f bench/$name.py ]]; then python "bench/$name.py" "$@"; exit; fi
  die "no bench/$name.sh or bench/$name.py"
}
bench_main "$@"
