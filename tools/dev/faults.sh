# What must survive: kill -9, failing writes, a full disk, two builds at once, changing files. Arguments go to
# tests/faults/run.py: --quick (a sample of each), --only NAME.
./dev build release
python tests/faults/run.py --binary "$root/build/release/millpond" "$@"
