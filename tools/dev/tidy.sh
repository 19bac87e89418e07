# clang-tidy over the sources named, or over all tracked ones.
tidy_main() {
  if ! stamped tidy deps/tidy.lock; then
    say "wheels: clang-tidy (45 MB to fetch)"
    "$deps/tools/bin/pip" install -q --no-deps --require-hashes -r deps/tidy.lock
    stamp tidy deps/tidy.lock
  fi
  ./dev build release
  local -a files=("$@")
  [[ $# -gt 0 ]] || mapfile -t files < <(git ls-files -- 'src/*.cpp')
  printf '%s\0' "${files[@]}" | xargs -0 -P "$JOBS" -n 4 "$deps/tools/bin/clang-tidy" -p build/release --quiet
}
tidy_main "$@"
