// A segment file with arbitrary bytes: opened without checksums, so that damage reaches every reader, then searched.

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "millpond/index/search.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millpond::index;
  static const std::string path = [] {
    char name[] = "/tmp/fuzz_segment_XXXXXX";
    const int file = ::mkstemp(name);
    if (file >= 0) ::close(file);
    return std::string(name);
  }();
  const int file = ::open(path.c_str(), O_WRONLY | O_TRUNC);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  ::close(file);

  const auto segment = Segment::open(path, Segment::Check::kStructure);
  if (!segment.ok()) return 0;
  for (std::int64_t row = 0; row < 4; ++row) (void)(*segment)->stored(row);
  SegmentCache cache;
  cache.put(path, *segment);
  const auto searcher = Searcher::open({{path, nullptr}}, cache);
  if (!searcher.ok()) return 0;
  Query query;
  query.text = "the quick brown fox w0 w1 w2 w3 notice period";
  query.vector.assign(static_cast<std::size_t>((*searcher)->dimensions()), 0.5F);
  (void)(*searcher)->search(query);
  query.text = "\"notice period\" not* peroid~1 -w9 text:w0 \"w0 w1\"";
  query.syntax = true;
  (void)(*searcher)->search(query);
  query.allowed = {std::make_shared<RowSet>((*segment)->info().rows / 2, true)};
  (void)(*searcher)->search(query);
  return 0;
}
