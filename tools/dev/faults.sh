# What must survive: kill -9, failing writes, a full disk, two writers. tests/faults/*/run.py gets the path of millpond.
. tools/dev/scripts.sh
./dev build release
./dev build release pond_tool
run_scripts tests/faults "${1:-}" build/release/millpond
