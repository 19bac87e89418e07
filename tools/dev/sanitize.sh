# asan or tsan: builds with sanitizers and runs the unit tests and the specifications.
sanitize_main() {
  local preset=$1 filter=${2:-} status=0
  local -a under=()
  ./dev build "$preset"
  # Arrow and OpenVINO allocate in their static constructors and keep it.
  export ASAN_OPTIONS=detect_leaks=${LEAKS:-0}:detect_odr_violation=0:allocator_may_return_null=1
  export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1
  export TBB_ENABLE_SANITIZERS=1  # OpenVINO's thread library then loads its parts in a way that the sanitizers bear
  # What these show is done by the kernel: a signal that ends a process, a limit of address space. Sanitizers replace both.
  local -a without=(-E 'WorkerTest\.(LosesOneDocumentToACrashAndGoesOn|LimitsMemory)')
  # Randomised addresses above what g++ 12's thread sanitizer maps end the program at its start.
  [[ $preset == tsan ]] && under=(setarch "$(uname -m)" -R)
  "${under[@]}" ctest --test-dir "build/$preset" -L unit -LE slow "${without[@]}" -j "$JOBS" --output-on-failure ${filter:+-R "$filter"} || status=$?
  "${under[@]}" "build/$preset/spec_runner" --root tests/spec ${filter:+"$filter"} || status=$?
  return "$status"
}
sanitize_main "$@"
