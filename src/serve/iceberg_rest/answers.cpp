#include "serve/iceberg_rest/answers.h"

#include <xxhash.h>

#include <cctype>

#include "pond/rest_document.h"

namespace millpond::serve::iceberg {
namespace {

constexpr std::size_t kKeysMax = 10'000;
constexpr std::size_t kBytesMax = 16 << 20;

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

std::string key_of(const Request& request) {
  return request.principal.name + "\n" + std::string(request.header("idempotency-key"));
}

std::uint64_t hash_of(const Request& request) {
  const std::string whole = request.method + " " + request.path + "\n" + request.body;
  return XXH3_64bits(whole.data(), whole.size());
}

Status other_request() { return invalid("the Idempotency-Key was used for another request"); }

Result<Response> given_before(pond::RestTables& tables, const pond::AnswerNote& note, std::uint64_t request_hash) {
  if (note.request_hash != request_hash) return other_request();
  if (note.form == pond::AnswerForm::kBody) {
    if (note.body.empty()) return Response::empty(note.status);
    return Response::json(note.body, note.status);
  }
  auto entry = tables.read(note.location);
  if (!entry.ok()) {
    // The change was made, so that nobody may take this for a failure of it.
    return internal("the request was done before, but its metadata file is gone, so the outcome is unknown: ",
                    note.location);
  }
  return answer_of(note.form, *entry);
}

}  // namespace

std::string etag_of(const std::string& metadata_location, std::string_view snapshots) {
  const std::string whole = metadata_location + "\n" + std::string(snapshots);
  char text[32];
  std::snprintf(text, sizeof text, "W/\"%016llx\"",
                static_cast<unsigned long long>(XXH3_64bits(whole.data(), whole.size())));
  return text;
}

/// The metadata is spliced in as text: it was made once, at the commit.
Response answer_of(pond::AnswerForm form, const pond::LoadedEntry& entry) {
  std::string body = "{\"metadata-location\":" + pond::to_text(entry.metadata_location) + ",\"metadata\":";
  body += *entry.text;
  body += form == pond::AnswerForm::kTable ? "}" : ",\"config\":{}}";
  Response answer = Response::json(std::move(body));
  if (form == pond::AnswerForm::kView) return answer;
  return std::move(answer).with("etag", etag_of(entry.metadata_location, "all"));
}

pond::AnswerNotes note_of(const Request& request, pond::AnswerForm form, int status, std::string body) {
  if (request.header("idempotency-key").empty()) return {};
  return {{.key = key_of(request),
           .request_hash = hash_of(request),
           .status = status,
           .form = form,
           .body = std::move(body),
           .location = {},
           .at_ms = 0}};
}

void IdempotencyKeys::forget_old() {
  const auto now = std::chrono::steady_clock::now();
  while (!by_age_.empty()) {
    const auto found = answers_.find(by_age_.front());
    if (found != answers_.end()) {
      if (!found->second->done) break;
      const bool room = by_age_.size() <= kKeysMax && bytes_ <= kBytesMax;
      if (now - found->second->at < pond::kAnswerLifetime && room) break;
      bytes_ -= found->second->body.size();
      answers_.erase(found);
    }
    by_age_.pop_front();
  }
}

Result<IdempotencyKeys::AnsweredPtr> IdempotencyKeys::begin(const std::string& key, std::uint64_t request_hash) {
  std::unique_lock lock(mutex_);
  forget_old();
  for (;;) {
    const auto found = answers_.find(key);
    if (found == answers_.end()) break;
    AnsweredPtr known = found->second;
    if (known->request_hash != request_hash) return other_request();
    if (known->done) return known;
    changed_.wait(lock);
  }
  auto mine = answers_[key] = std::make_shared<Answered>();
  mine->request_hash = request_hash;
  mine->at = std::chrono::steady_clock::now();
  by_age_.push_back(key);
  return AnsweredPtr();
}

void IdempotencyKeys::end(const std::string& key, const Result<Response>& result, bool in_catalog) {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(key);
  if (found == answers_.end()) return;
  // What may go otherwise the next time is not kept: failures of the server, and conflicts.
  if (!in_catalog && result.ok() && result->status < 500 && !result->stream) {
    Answered& mine = *found->second;
    mine.status = result->status;
    mine.headers = result->headers;
    mine.body = result->body;
    mine.done = true;
    bytes_ += mine.body.size();
  } else {
    answers_.erase(found);
    by_age_.remove(key);
  }
  changed_.notify_all();
}

Result<Response> IdempotencyKeys::once(pond::RestTables& tables, const Request& request, const Work& work) {
  const std::string_view given = request.header("idempotency-key");
  if (given.empty()) return work();
  if (!is_uuid(given)) return invalid("an Idempotency-Key is a UUID");
  const std::string key = key_of(request);
  const std::uint64_t hash = hash_of(request);
  MP_ASSIGN(const AnsweredPtr known, begin(key, hash));
  if (known) {
    Response again;
    again.status = known->status;
    again.headers = known->headers;
    again.body = known->body;
    return again;
  }
  auto kept = tables.store().answer(key);
  if (!kept.ok()) {
    end(key, kept.status(), false);
    return std::move(kept).status();
  }
  if (*kept) {
    Result<Response> again = given_before(tables, **kept, hash);
    end(key, again, true);
    return again;
  }
  Result<Response> result = work();
  // Another server may have done it meanwhile, or the commit stands although it looked like a failure.
  kept = tables.store().answer(key);
  const bool in_catalog = kept.ok() && *kept;
  if (in_catalog && !result.ok()) result = given_before(tables, **kept, hash);
  end(key, result, in_catalog);
  return result;
}

}  // namespace millpond::serve::iceberg
