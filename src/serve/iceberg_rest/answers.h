#pragma once
// Requests with an Idempotency-Key: done once, answered as often as they come.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "millpond/serve/message.h"
#include "pond/answer_note.h"
#include "pond/rest_tables.h"

namespace millpond::serve::iceberg {

/// The note that goes into the catalog with what the request changes; empty if the request has no key.
pond::AnswerNotes note_of(const Request& request, pond::AnswerForm form, int status = 200, std::string body = {});

/// What a commit, a load or a new table is answered with.
Response answer_of(pond::AnswerForm form, const pond::LoadedEntry& entry);

std::string etag_of(const std::string& metadata_location, std::string_view snapshots);

/// Answers to requests with a key, for half an hour: those whose change noted it are in the catalog, others (which
/// changed nothing) in memory, 16 MB at most.
/// Threads: any; a repetition of a request in progress waits for its answer.
class IdempotencyKeys {
 public:
  using Work = std::function<Result<Response>()>;
  Result<Response> once(pond::RestTables& tables, const Request& request, const Work& work);

 private:
  struct Answered {
    std::uint64_t request_hash = 0;
    bool done = false;
    int status = 0;
    Headers headers;
    std::string body;
    std::chrono::steady_clock::time_point at;
  };
  using AnsweredPtr = std::shared_ptr<Answered>;
  void forget_old();
  /// Waits for another who has the same request. Null: it is the caller's to do.
  Result<AnsweredPtr> begin(const std::string& key, std::uint64_t request_hash);
  void end(const std::string& key, const Result<Response>& result, bool in_catalog);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, AnsweredPtr> answers_;
  std::list<std::string> by_age_;
  std::size_t bytes_ = 0;
};

}  // namespace millpond::serve::iceberg
