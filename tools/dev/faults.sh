# What must survive: kill -9, failing writes, a full disk, two builds at once, changing files. Arguments go to
# tests/faults/run.py: --quick (a sample of each), --only NAME.
if [[ ${1:-} == sim ]]; then  # sim [--seed S] [--count N] [--verbose]
  ./dev build release pond_sim
  build/release/tests/pond_sim "${@:2}"
  exit
fi
./dev build release
./dev build release pond_sim
python tests/faults/run.py --binary "$root/build/release/millpond" "$@"
