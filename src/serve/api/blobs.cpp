#include "serve/api/blobs.h"

#include <algorithm>
#include <charconv>

#include "millpond/pond/blobs.h"

namespace millpond::serve {
namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{1} << 20;

/// What the newest versions of tables refer to. Threads: any.
class KnownBlobs {
 public:
  using Hashes = std::set<std::string>;
  Result<std::shared_ptr<const Hashes>> of(const pond::Table& table, Context& context) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = tables_.find(table.name());
      if (found != tables_.end() && found->second.first == table.metadata_location()) return found->second.second;
    }
    auto hashes = std::make_shared<Hashes>();
    if (const auto current = table.current_id()) {
      MP_ASSIGN(const pond::BlobUses uses, pond::blobs_in(table, *current, context));
      for (const auto& [sha256, size] : uses) hashes->insert(sha256);
    }
    const std::lock_guard lock(mutex_);
    tables_[table.name()] = {table.metadata_location(), hashes};
    return std::shared_ptr<const Hashes>(std::move(hashes));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::pair<std::string, std::shared_ptr<const Hashes>>> tables_;
};

struct Range {
  std::int64_t first = 0, count = 0;
  bool partial = false;
};

/// Of "bytes=0-99", "bytes=100-", "bytes=-10". Several ranges, and what is no range, are answered with everything, as
/// RFC 9110 allows; none: it cannot be satisfied.
std::optional<Range> range_of(std::string_view header, std::int64_t size_bytes) {
  const Range whole{0, size_bytes, false};
  if (!header.starts_with("bytes=")) return whole;
  header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
  const auto number = [](std::string_view text) {
    std::int64_t value = -1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? value : -1;
  };
  const std::string_view before = header.substr(0, dash), after = header.substr(dash + 1);
  const std::int64_t first = number(before), last = number(after);
  if (before.empty()) {
    if (last < 0) return whole;
    if (last == 0 || size_bytes == 0) return std::nullopt;
    const std::int64_t count = std::min(last, size_bytes);
    return Range{size_bytes - count, count, true};
  }
  if (first < 0 || (last < 0 && !after.empty()) || (last >= 0 && last < first)) return whole;
  if (first >= size_bytes) return std::nullopt;
  const std::int64_t end = after.empty() ? size_bytes - 1 : std::min(last, size_bytes - 1);
  return Range{first, end - first + 1, true};
}

class BlobStream final : public BodyStream {
 public:
  BlobStream(std::shared_ptr<pond::Pond> pond, std::string sha256, Range range)
      : pond_(std::move(pond)), sha256_(std::move(sha256)), range_(range) {}
  Result<std::optional<std::string>> next(Context&) override {
    if (range_.count == 0) return std::optional<std::string>();
    MP_ASSIGN(std::string piece, pond::read_blob(*pond_, sha256_, range_.first, std::min(kPieceBytes, range_.count)));
    if (piece.empty()) return corrupt("the blob became shorter: ", sha256_);
    range_.first += static_cast<std::int64_t>(piece.size());
    range_.count -= static_cast<std::int64_t>(piece.size());
    return std::optional(std::move(piece));
  }

 private:
  const std::shared_ptr<pond::Pond> pond_;
  const std::string sha256_;
  Range range_;
};

Result<Response> read(Library& library, KnownBlobs& known, const Request& request, Context& context) {
  const std::string& name = request.parameter("table");
  const std::string& sha256 = request.parameter("sha256");
  MP_TRY(library.need_read(request.principal, name));
  MP_ASSIGN(const pond::Table table, library.pond()->table(name));
  MP_ASSIGN(const auto hashes, known.of(table, context));
  if (!hashes->contains(sha256))
    return not_found("no row of table ", name, " refers to this blob: ", sha256.substr(0, 80));
  MP_ASSIGN(const std::int64_t size_bytes, pond::blob_size(*library.pond(), sha256));
  const std::optional<Range> range = range_of(request.header("range"), size_bytes);
  if (!range) { return Response::text("", 416).with("content-range", "bytes */" + std::to_string(size_bytes)); }
  Response answer;
  answer.status = range->partial ? 206 : 200;
  answer.headers = {// Whatever the bytes are, a browser neither shows nor runs them in this origin.
                    {"content-type", "application/octet-stream"},
                    {"x-content-type-options", "nosniff"},
                    {"content-disposition", "attachment; filename=\"" + sha256 + "\""},
                    {"accept-ranges", "bytes"},
                    {"etag", "\"" + sha256 + "\""}};
  if (range->partial) {
    answer.headers.emplace_back("content-range", "bytes " + std::to_string(range->first) + "-" +
                                                     std::to_string(range->first + range->count - 1) + "/" +
                                                     std::to_string(size_bytes));
  }
  if (range->count <= kPieceBytes) {
    MP_ASSIGN(answer.body, pond::read_blob(*library.pond(), sha256, range->first, range->count));
  } else {
    answer.stream = std::make_unique<BlobStream>(library.pond(), sha256, *range);
  }
  return answer;
}

}  // namespace

void add_blobs(Router& router, std::shared_ptr<Library> library) {
  router.add("GET", "/api/tables/{table}/blobs/{sha256}",
             [library = std::move(library), known = std::make_shared<KnownBlobs>()](
                 const Request& request, Context& context) { return read(*library, *known, request, context); });
}

}  // namespace millpond::serve
