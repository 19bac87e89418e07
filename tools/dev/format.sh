# Formats the tracked C++ sources, or checks that they are formatted.
format_main() {
  local -a files flags=(-i)
  stamped tools deps/tools.lock || ./dev install
  mapfile -t files < <(git ls-files -- '*.cpp' '*.h')
  [[ ${1:-} == --check ]] && flags=(--dry-run -Werror --ferror-limit=3)
  printf '%s\0' "${files[@]}" | xargs -0 -P "$JOBS" -n 20 "$deps/tools/bin/clang-format" "${flags[@]}"
}
format_main "$@"
