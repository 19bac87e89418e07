# Builds the Python package as `pip install .` does, into the environment of the tests, and runs tests/python.
python_main() {
  [[ -d $deps/packages/pyarrow ]] || ./dev install
  stamped python deps/python.lock || ./dev install --tests
  local began=$SECONDS
  CMAKE_BUILD_PARALLEL_LEVEL=$JOBS "$deps/tests/bin/pip" install -q --no-index --no-build-isolation --no-deps \
    --force-reinstall . >&2 || die "the package could not be built"
  ((SECONDS - began < 3)) || say "built the Python package in $((SECONDS - began)) s with $JOBS jobs"
  "$deps/tests/bin/python" tests/python/run.py "$@"
}
python_main "$@"
