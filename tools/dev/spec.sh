# Runs the readable specifications: tests/spec/<module>/<thing>.test.
if [[ ! -x build/release/tests/spec/runner/spec_runner || -z ${SPEC_ONLY:-} ]]; then ./dev build release spec_runner; fi
build/release/tests/spec/runner/spec_runner --root tests/spec "$@"
