# Other projects' clients read what millpond wrote: each tests/conformance/*/run.py (or run.sh) whose folder contains FILTER.
# Exit status 77 means that what it needs is not installed; it has said so.
conformance_main() {
  local passed=0 failed=0 skipped=0 script status
  ./dev build release all
  ./dev build release pond_tool
  export MILLPOND=$root/build/release/millpond MILLPOND_BUILD=$root/build/release
  export SPARK_ICEBERG_JAR=$deps/jars/iceberg-spark-runtime-4.0_2.13-1.10.1.jar
  for script in tests/conformance/*/run.py tests/conformance/*/run.sh; do
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
conformance_main "$@"
