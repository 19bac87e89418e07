# Fuzzes one target or all for some seconds each; --check replays the seeds and a fixed, short mutation of them.
fuzz_main() {
  local check=no failed=0 passed=0 binary name
  [[ ${1:-} == --check ]] && { check=yes; shift; }
  local target=${1:-} seconds=${2:-60}
  ./dev build fuzz
  export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0:allocator_may_return_null=1
  for binary in build/fuzz/fuzz_${target:-*}; do
    [[ -f $binary && -x $binary ]] || { [[ -z $target ]] && continue; die "no such fuzz target: $target"; }
    name=${binary#build/fuzz/fuzz_}
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/found/$name"
    local -a flags=(-artifact_prefix="build/fuzz/found/$name/" -rss_limit_mb=4096 -timeout=20 -verbosity=0)
    if [[ $check == yes ]]; then
      flags+=(-seed=1 -runs=3000 -max_total_time=8)
    else
      flags+=(-max_total_time="$seconds" -print_final_stats=1)
    fi
    local -a seeds=()
    [[ -d tests/fuzz/seeds/$name ]] && seeds=("tests/fuzz/seeds/$name")
    if "$binary" "${flags[@]}" "build/fuzz/corpus/$name" "${seeds[@]}" >"build/fuzz/$name.log" 2>&1; then
      passed=$((passed + 1))
      echo "ok $name"
    else
      failed=$((failed + 1))
      echo "FAILED $name: build/fuzz/$name.log, the input is in build/fuzz/found/$name"
      tail -40 "build/fuzz/$name.log"
    fi
  done
  echo "$passed passed, $failed failed"
  [[ $failed -eq 0 ]]
}
fuzz_main "$@"
