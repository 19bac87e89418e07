#include "pond/object/catalog_object.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "pond/catalog.h"
#include "pond/file_io.h"
#include "pond/rest_document.h"

namespace millpond::pond {
namespace {

using Document = CatalogObject::Document;

constexpr int kAttemptsMax = 200;
constexpr int kWaitMsMin = 4, kWaitMsMax = 500;
constexpr std::size_t kRecentMax = 512;
constexpr std::size_t kIdChars = 13;
constexpr std::int64_t kCatalogBytesMax = std::int64_t{64} << 20;

Status unknown(std::string_view why) {
  return internal("the catalog failed while it committed, so the outcome is unknown: ", why)
      .hint("Look at the table again before you repeat the change.");
}

bool is_location(const Document& entry) {
  return entry.is_object() && entry.contains("metadata-location") && entry["metadata-location"].is_string() &&
         entry.contains("type") && entry["type"].is_string();
}

bool all_text(const Document& values) {
  return std::all_of(values.begin(), values.end(), [](const Document& value) { return value.is_string(); });
}

bool well_formed(const Document& catalog) {
  for (const char* key : {"namespaces", "entries"}) {
    if (!catalog.contains(key) || !catalog[key].is_object()) return false;
    for (const auto& inner : catalog[key]) {
      if (!inner.is_object()) return false;
    }
  }
  for (const auto& properties : catalog["namespaces"]) {
    if (!all_text(properties)) return false;
  }
  for (const auto& entries : catalog["entries"]) {
    if (!std::all_of(entries.begin(), entries.end(), is_location)) return false;
  }
  return catalog.contains("root") && catalog["root"].is_string() && catalog.contains("recent") &&
         catalog["recent"].is_array() && all_text(catalog["recent"]);
}

bool contains_id(const Document& catalog, const Document& id) {
  const Document& recent = catalog["recent"];
  return std::find(recent.begin(), recent.end(), id) != recent.end();
}

}  // namespace

Result<Document> parse_catalog(const std::string& text) {
  Result<Document> parsed = parse_document(text);  // bounds its depth
  if (!parsed.ok() || !parsed->is_object()) return corrupt("not a pond's catalog");
  Document catalog = *std::move(parsed);
  const auto format = catalog.find("format");
  if (format == catalog.end() || !format->is_number_integer()) return corrupt("not a pond's catalog");
  if (*format > kPondFormat) {
    return unsupported("this pond was made by a newer version of millpond (format ", format->get<std::int64_t>(),
                       ", this one knows ", kPondFormat, ")")
        .hint("Update millpond.");
  }
  if (!well_formed(catalog)) return corrupt("not a pond's catalog");
  return catalog;
}

/// A store that takes a write whose condition does not hold would lose commits, one over the other.
Status CatalogObject::check_conditions() {
  const std::string path = path_ + ".check-" + new_uuid();
  const auto held = [&](std::string_view bytes, const std::string& tag) -> Result<bool> {
    auto written = store_->write_if(path, bytes, tag);
    if (!written.ok() && written.status().code() != Code::kIoError) return std::move(written).status();
    return written.ok() && !written->done;
  };
  MP_TRY(store_->write(path, "1"));
  Result<bool> absent = held("2", ""), other = held("3", store_->unused_tag());
  MP_TRY(store_->remove(path));
  MP_TRY(std::move(absent).status());
  MP_TRY(std::move(other).status());
  if (*absent && *other) return {};
  return unsupported("this object store does not heed ", *absent ? "If-Match" : "If-None-Match",
                     " on writes, so that commits could be lost: ", path_)
      .hint("Amazon S3 does, as do current versions of MinIO, Ceph and others.");
}

Status CatalogObject::create(const std::string& root) {
  MP_ASSIGN(const Version there, load());
  if (there.document) return error(Code::kAlreadyExists, "there is a pond already: ", root);
  MP_TRY(check_conditions());
  const std::string id = new_uuid().substr(0, kIdChars);
  const Document catalog = {{"format", kPondFormat},
                            {"root", root},
                            {"namespaces", {{"main", Document::object()}}},
                            {"entries", Document::object()},
                            {"recent", {id}}};
  MP_ASSIGN(const ConditionalWrite written, store_->write_if(path_, catalog.dump(), ""));
  if (written.done) return {};
  MP_ASSIGN(const Version now, load());
  if (now.document && contains_id(*now.document, id)) return {};
  return error(Code::kAlreadyExists, "there is a pond already: ", root);
}

/// Null if there is none.
Result<CatalogObject::Version> CatalogObject::load() {
  Version known;
  {
    const std::lock_guard lock(mutex_);
    known = last_;
  }
  bool unchanged = false;
  MP_ASSIGN(auto object, store_->read_tagged(path_, known.tag, unchanged));
  if (unchanged) return known;
  if (!object) return Version();
  if (static_cast<std::int64_t>(object->bytes.size()) > kCatalogBytesMax) return exhausted("too large: ", path_);
  Result<Document> parsed = parse_catalog(object->bytes);
  if (!parsed.ok()) return std::move(parsed).status().at(path_);
  Version version{std::make_shared<const Document>(*std::move(parsed)), std::move(object->tag)};
  const std::lock_guard lock(mutex_);
  last_ = version;
  return version;
}

Result<std::shared_ptr<const Document>> CatalogObject::read() {
  MP_ASSIGN(Version version, load());
  if (!version.document) return not_found("no pond here: ", path_.substr(0, path_.rfind('/')));
  return std::move(version.document);
}

/// After a lost answer: whether the change is in the catalog.
Result<bool> CatalogObject::landed(const std::string& id, const Document& before) {
  auto now = read();
  if (!now.ok()) return unknown(now.status().message());
  if (contains_id(**now, id)) return true;
  // As long as the change before ours is remembered, ours would be as well.
  const Document& recent = before["recent"];
  if (recent.empty() || contains_id(**now, recent.back())) return false;
  return unknown("very many changes were made meanwhile");
}

Result<bool> CatalogObject::apply(const Change& change) {
  const std::lock_guard one_at_a_time(change_mutex_);
  std::minstd_rand random{std::random_device{}()};
  const std::string id = new_uuid().substr(0, kIdChars);  // the same in all attempts: any of them may have landed
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    MP_ASSIGN(const Version base, load());
    if (!base.document) return not_found("no pond here: ", path_.substr(0, path_.rfind('/')));
    if (attempt > 0 && contains_id(*base.document, id)) return true;
    Document next = *base.document;
    MP_ASSIGN(const bool wanted, change(next));
    if (!wanted) return false;
    Document& recent = next["recent"];
    recent.push_back(id);
    while (recent.size() > kRecentMax) recent.erase(recent.begin());
    auto written = store_->write_if(path_, next.dump(), base.tag);
    if (!written.ok()) {
      if (written.status().code() == Code::kUnavailable) return unknown(written.status().message());
      return std::move(written).status();
    }
    if (written->done) {
      const std::lock_guard lock(mutex_);
      last_ = {std::make_shared<const Document>(std::move(next)), written->tag};
      return true;
    }
    if (written->unclear) {
      MP_ASSIGN(const bool ours, landed(id, *base.document));
      if (ours) return true;
    }
    const int ceiling = std::min(kWaitMsMax, kWaitMsMin << std::min(attempt, 7));
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(1, ceiling)(random)));
  }
  return conflict("other writers were faster ", kAttemptsMax, " times: ", path_).hint("Try again later.");
}

}  // namespace millpond::pond
