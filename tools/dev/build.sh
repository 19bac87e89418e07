# Configures and compiles one preset into build/PRESET.
build_main() {
  local preset=${1:-release} log
  shift || true
  log=build/$preset/configure.log
  [[ -d $deps/packages/pyarrow ]] || ./dev install
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; die "the configuration failed"; }
  local began=$SECONDS
  cmake --build "build/$preset" -j "$JOBS" ${1:+--target "$@"} >&2
  ((SECONDS - began < 3)) || say "built build/$preset in $((SECONDS - began)) s with $JOBS jobs"
}
build_main "$@"
