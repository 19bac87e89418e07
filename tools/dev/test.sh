# Runs everything that is tested, goes on after a failure, and ends with one line: N passed, N failed.
# Sanitizers and fuzzing compile everything again, half an hour on two cores: `./dev test asan fuzz`.
steps=(install format build unit spec conformance faults python docs)
passed=0 failed=0 skipped=0
summary=()

# A step's log says how many tests it ran: the last of our own lines "N passed, N failed", and ctest's.
count_tests() {  # LOG STATUS
  local p=0 f=0 s=0 line total bad seen=no own=(0 0 0)
  while read -r line; do
    [[ $line =~ (tests\ )?(passed|failed), ]] && seen=yes
    if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
      own=("${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-0}")
    elif [[ $line =~ tests\ passed,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
      bad=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      p=$((p + total - bad)) f=$((f + bad))
    elif [[ $line =~ \*\*\*Skipped ]]; then
      s=$((s + 1)) p=$((p - 1))
    fi
  done <"$1"
  p=$((p + own[0])) f=$((f + own[1])) s=$((s + own[2]))
  if [[ $2 -ne 0 && $f -eq 0 ]]; then f=1; fi        # it broke before it could count
  if [[ $2 -eq 0 && $seen == no ]]; then p=1; fi  # a step that is one check
  echo "$p $f $s"
}

step() {  # NAME SECONDS_MAX COMMAND...
  local name=$1 limit=$2 log=build/test/$1.log began=$SECONDS status=0 p f s
  printf '%-12s %s ... ' "$name" "${*:3}"
  timeout --kill-after=10 "$limit" "${@:3}" >"$log" 2>&1 </dev/null || status=$?
  read -r p f s < <(count_tests "$log" "$status")
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  local line="$p passed, $f failed"
  [[ $s -gt 0 ]] && line+=", $s skipped"
  echo "$line ($((SECONDS - began)) s)"
  summary+=("$(printf '%-12s %-36s %5d s' "$name" "$line" $((SECONDS - began)))")
  [[ $status -eq 124 ]] && echo "  stopped after $limit s"
  if [[ $status -ne 0 ]]; then grep -vE ' (Passed|Start) |^ *Start ' "$log" | tail -60 | sed 's/^/  | /'; echo "  the whole log: $log"; fi
  return 0
}

run_step() {
  case $1 in
    install) step install 1500 ./dev install --tests ;;
    format) step format 120 ./dev format --check ;;
    build) step build 2400 ./dev build release ;;
    unit) step unit 600 ctest --test-dir build/release -LE spec -j "$JOBS" --output-on-failure ;;
    spec) step spec 300 ./dev spec ;;
    conformance) step conformance 1200 ./dev conformance ;;
    faults) step faults 900 ./dev faults --quick ;;
    python) step python 1500 ./dev python ;;
    docs) step docs 600 ./dev docs ;;
    asan) step asan 3600 ./dev asan ;;
    fuzz) step fuzz 1200 ./dev fuzz --check ;;
    *) die "no such step: $1; there are: ${steps[*]}" ;;
  esac
}

test_main() {
  local began=$SECONDS name
  [[ $# -gt 0 ]] && steps=("$@")
  mkdir -p build/test
  for name in "${steps[@]}"; do run_step "$name"; done
  printf '\n%s\n' "$(printf '%s\n' "${summary[@]}")"
  echo "$(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s"
  if [[ $skipped -gt 0 ]]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [[ $failed -eq 0 ]]
}
test_main "$@"
