#pragma once
// A pond as the APIs read it: always its current state, with the rights of who asks.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "millpond/ask/answer.h"
#include "millpond/ask/retriever.h"
#include "millpond/flow/flow.h"
#include "millpond/model/chat.h"
#include "millpond/pond/pond.h"
#include "millpond/serve/principal.h"
#include "millpond/status.h"
#include "serve/api/turns.h"

namespace millpond::serve {

struct LibraryOptions {
  std::string pond_path;            ///< of the folder .pond
  std::string flow_file;            ///< looked at for changes
  std::string name_space = "main";  ///< in which rights know its tables
  std::function<Result<flow::Plan>()> load_plan;
  std::optional<model::ChatOptions> chat;  ///< who writes answers; none: they are quoted
};

struct Answered {
  ask::Retrieval retrieval;
  ask::Answer answer;
  std::int64_t snapshot = 0;
};

/// Threads: any. Models are kept by `services` and shared by all requests.
class Library {
 public:
  static Result<std::shared_ptr<Library>> open(LibraryOptions options, Context& services);

  const std::shared_ptr<pond::Pond>& pond() const { return pond_; }
  Context& services() const { return services_; }
  const LibraryOptions& options() const { return options_; }

  /// Read again when pond.yaml changes.
  Result<std::shared_ptr<const flow::Plan>> plan();
  /// Over the table's current snapshot; `table` empty: the first with an index that the principal may read. `at` not
  /// empty: of the state of then, opened anew.
  Result<std::shared_ptr<const ask::Retriever>> retriever(const std::string& table, const std::string& at,
                                                          const Principal& principal);
  /// The one indexed table that `retriever` would take.
  Result<std::string> indexed_table(const std::string& table, const Principal& principal);
  Result<std::string> indexed_table(const flow::Plan& plan, const std::string& table, const Principal& principal) const;
  /// Answers by quoting; with a chat model in its words, each sentence checked.
  Result<Answered> answer(const std::string& question, const ask::SearchOptions& search, const std::string& table,
                          const Principal& principal, Context& context,
                          const std::function<Status(std::string_view)>& on_text = {});
  /// The table whose rows are documents, and from which an indexed table is made. Errors: kNotFound.
  Result<std::string> documents_table(const Principal& principal);

  /// A search holds one while it runs, unless the server itself lets only so many in: see `only_computes`.
  Turns& turns() { return turns_; }
  /// Whether a search waits for nobody: the catalog is on this machine, and so are the models. Then the server queues
  /// searches, before any work is done for them (`Route::busy`).
  bool only_computes() const { return local_ && !asks_service_; }

  bool may_read(const Principal& principal, std::string_view table) const;
  /// Errors: kPermissionDenied.
  Status need_read(const Principal& principal, std::string_view table) const;

 private:
  Library(LibraryOptions options, std::shared_ptr<pond::Pond> pond, Context& services)
      : options_(std::move(options)),
        pond_(std::move(pond)),
        local_(pond_->local_folder() == pond_->root()),
        services_(services) {}

  const LibraryOptions options_;
  const std::shared_ptr<pond::Pond> pond_;
  const bool local_;
  std::atomic<bool> asks_service_{false};  // a table that was searched
  Context& services_;
  Turns turns_{static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))};
  std::mutex mutex_;
  std::shared_ptr<const flow::Plan> plan_;
  std::filesystem::file_time_type plan_time_{};
  std::chrono::steady_clock::time_point plan_read_;
  std::map<std::string, std::shared_ptr<const ask::Retriever>> retrievers_;  // by table
};

/// None if there is no such table, or nothing in it yet. One look at the catalog.
Result<std::optional<std::int64_t>> current_snapshot(const pond::Pond& pond, const std::string& table);

}  // namespace millpond::serve
