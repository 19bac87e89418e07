# DuckDB's library, for `millpond sql` and SQL models: 24 MB to fetch, 70 MB on disk. Nothing links it; it is loaded when
# a query needs it. It comes as a Node package, so npm fetches it: the one of this machine, or one out of a wheel.
node_folder() {
  command -v npm >/dev/null && return
  if [[ ! -x $deps/node/bin/npm ]]; then
    say "wheels: Node, whose npm fetches DuckDB (60 MB to fetch)"
    venv node
    pip_locked node -r deps/node.lock
  fi
  PATH=$deps/node/bin:$PATH
}

install_duckdb() {
  stamped duckdb deps/duckdb.sha256 && [[ -f $deps/duckdb/libduckdb.so ]] && return
  local machine package folder
  case $(uname -m) in x86_64) machine=x64 ;; aarch64) machine=arm64 ;; *) die "DuckDB: no library for $(uname -m)" ;; esac
  package=@duckdb/node-bindings-linux-$machine@1.5.5-r.5
  node_folder
  say "npm: $package (24 MB to fetch)"
  folder=$deps/duckdb.new
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && npm pack --silent "$package" >/dev/null) || die "npm could not fetch $package"
  (cd "$folder" && grep "linux-$machine" "$root/deps/duckdb.sha256" | sha256sum -c --quiet) || die "not the pinned file: $package"
  tar -xzf "$folder"/*.tgz -C "$folder" --strip-components=1 package/libduckdb.so package/LICENSE
  rm -f "$folder"/*.tgz
  rm -rf "$deps/duckdb"
  mv "$folder" "$deps/duckdb"
  stamp duckdb deps/duckdb.sha256
}
