# Runs every command shown in README.md and docs/ in ```console blocks, against the release binary.
./dev build release millpond
PATH=$root/build/release:$PATH python tests/docs/run.py "$@"
