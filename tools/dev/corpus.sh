# Documents for ./dev try: one copy of each of Debian's manuals in English, unpacked from its package, not installed.
corpus_packages=(
  aptitude-doc-en debian-faq debian-handbook debian-policy debian-reference-en developers-reference harden-doc maint-guide
)

install_corpus() {
  stamped corpus tools/dev/corpus.sh && return
  say "documents: Debian's manuals as packages (40 MB to fetch)"
  rm -rf "$deps/corpus.new"
  mkdir -p "$deps/corpus.new"
  (
    cd "$deps/corpus.new"
    apt_download() { apt-get download -q -o Acquire::Retries=3 "${corpus_packages[@]}" >apt.log 2>&1; }
    apt_retry apt_download || { tail -5 apt.log >&2; die "apt-get download failed"; }
    for deb in *.deb; do dpkg -x "$deb" unpacked; done
    cd unpacked/usr/share
    mkdir "$deps/corpus.new/manuals"
    take() { mkdir -p "$deps/corpus.new/manuals/$1"; cp -rL "${@:2}" "$deps/corpus.new/manuals/$1/"; }
    take handbook doc/debian-handbook/html/en-US/*.html
    take securing-debian doc/harden-doc/html/en-US/*.html
    take aptitude doc/aptitude/html/en/*.html
    take developers-reference developers-reference/*.html
    take reference debian-reference/debian-reference.en.pdf
    take faq doc/debian/FAQ/debian-faq.en.pdf.gz
    take policy doc/debian-policy/policy.pdf.gz doc/debian-policy/fhs/fhs-3.0.pdf.gz doc/debian-policy/*-policy.txt.gz \
      doc/debian-policy/copyright-format-1.0.txt.gz doc/debian-policy/debconf_specification.txt.gz
    take new-maintainers-guide doc/maint-guide/maint-guide.en.txt.gz
    find "$deps/corpus.new/manuals" -name '*.gz' -exec gunzip {} +
  )
  rm -rf "$deps/corpus"
  mv "$deps/corpus.new/manuals" "$deps/corpus"
  rm -rf "$deps/corpus.new"
  stamp corpus tools/dev/corpus.sh
}
