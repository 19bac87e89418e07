# The readable specifications; arguments go to the runner ([--update] [--verbose] [FILTER]).
./dev build release spec_runner
build/release/spec_runner --root tests/spec "$@"
