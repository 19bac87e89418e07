# Runs each FOLDER/*/run.py or run.sh whose path contains FILTER, and adds up what they report.
# A script ends with "N passed, N failed[, N skipped]", or its exit status is its result: 0, or 77 when what it needs is
# not installed.
run_scripts() {  # FOLDER FILTER ARGUMENTS...
  local folder=$1 filter=$2 script status log passed=0 failed=0 skipped=0
  log=$(mktemp)
  export MILLPOND=$root/build/release/millpond MILLPOND_BUILD=$root/build/release
  for script in "$folder"/*/run.py "$folder"/*/run.sh; do
    [[ -f $script && $script == *$filter* ]] || continue
    echo "$script"
    status=0
    case $script in
      *.py) python "$script" "${@:3}" 2>&1 | tee "$log" || status=${PIPESTATUS[0]} ;;
      *) bash "$script" "${@:3}" 2>&1 | tee "$log" || status=${PIPESTATUS[0]} ;;
    esac
    if [[ $(tail -1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
      passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
    elif [[ $status -eq 0 ]]; then
      passed=$((passed + 1))
    elif [[ $status -eq 77 ]]; then
      skipped=$((skipped + 1))
    else
      failed=$((failed + 1))
      echo "FAILED $script: status $status"
    fi
  done
  rm -f "$log"
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 ]]
}
