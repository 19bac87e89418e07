#pragma once
// Parsing in child processes: a parser that crashes, hangs or eats memory takes down one document, not the build.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "millpond/context.h"
#include "millpond/extract/encoded_document.h"
#include "millpond/extract/film.h"
#include "millpond/extract/formats.h"
#include "millpond/extract/page_image.h"

namespace millpond::extract {

/// What to parse: a file that the worker opens itself, or bytes that are sent to it.
struct ParseRequest {
  std::string_view media_type;  ///< empty: found out from the content and the name
  std::string_view path;        ///< a file; empty if `bytes` are given
  std::string_view bytes;       ///< the content, when `path` is empty
  std::string_view sha256;      ///< lower-case hex that the content must have; empty: not checked
  FilmRules film = {};          ///< what is taken out of a film beside its facts
};

/// Child processes of this executable, each parsing one document at a time; started when needed, at most
/// `context.threads()` at once, ended with the pool. A service: `context.service<WorkerPool>()`.
///
/// Limits:  a worker that passes `limits.time_ms` or is cancelled is killed; its address space may grow by
///          `limits.memory_bytes` beyond start-up and input; it writes no files, and dies with its parent.
/// Errors:  those of the parser; kConflict if the content does not have the given hash; kNotFound, kPermissionDenied,
///          kIoError from opening the file; kResourceExhausted (size, memory), kDeadlineExceeded, kCancelled;
///          kUnsupported for a media type without a parser; kDataCorrupt "parser crashed (signal 11)".
/// Threads: `parse` may be called from any number of threads; it waits for a free worker.
class WorkerPool {
 public:
  WorkerPool();
  /// `executable` must call `extract_worker_main` first thing in its `main`.
  explicit WorkerPool(std::string executable);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  Result<EncodedDocument> parse(const ParseRequest& request, const Limits& limits, Context& context);

  /// A picture of one page of a PDF, drawn by a worker. Errors: also kNotFound for a page that there is not.
  Result<PageImage> render(const ParseRequest& request, int page, int width_pixels, const Limits& limits,
                           Context& context);

  std::int64_t started() const;  ///< workers started so far, replacements included

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Serves as a worker if the command line says so (`<program> extract-worker ...`), and returns its exit status;
/// returns -1 at once in any other process. `more` are formats beside `formats()`, for tests.
int extract_worker_main(int argc, char** argv, std::span<const Format> more = {});

}  // namespace millpond::extract
