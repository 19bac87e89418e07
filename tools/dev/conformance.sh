# Other projects' clients read what millpond wrote: tests/conformance/*/run.py gets the path of pond_tool.
. tools/dev/scripts.sh
./dev build release
./dev build release pond_tool
run_scripts tests/conformance "${1:-}" build/release/tests/pond_tool
