# What must survive (kill, full disk, failing writes, two writers): each tests/faults/*/run.py (or run.sh) whose folder contains FILTER.
# Exit status 77 means that what it needs is not installed; it has said so.
faults_main() {
  local passed=0 failed=0 skipped=0 script status
  ./dev build release
  export MILLPOND=$root/build/release/millpond MILLPOND_BUILD=$root/build/release
  for script in tests/faults/*/run.py tests/faults/*/run.sh; do
    [[ -f $script && $script == *${1:-}* ]] || continue
    status=0
    case $script in
      *.py) python "$script" || status=$? ;;
      *) bash "$script" || status=$? ;;
    esac
    case $status in
      0) passed=$((passed + 1)); echo "ok $script" ;;
      77) skipped=$((skipped + 1)); echo "skipped $script" ;;
      *) failed=$((failed + 1)); echo "FAILED $script (status $status)" ;;
    esac
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 ]]
}
faults_main "$@"
