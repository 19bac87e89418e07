#pragma once
// What a repeated request is answered with: kept in the catalog, in the same change as what the request did.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace millpond::pond {

/// How the body of an answer is made.
enum class AnswerForm : unsigned char {
  kBody,             ///< it is `body`
  kTable,            ///< of the metadata file at `location`: what a commit answers
  kTableWithConfig,  ///< the same with `config`: what a new table answers
  kView
};

/// An answer that was given, or will be once the change is committed.
struct AnswerNote {
  std::string key;  ///< of the one who asked, with the Idempotency-Key
  std::uint64_t request_hash = 0;
  int status = 200;
  AnswerForm form = AnswerForm::kBody;
  std::string body, location;
  std::int64_t at_ms = 0;  ///< set when it is kept
};
using AnswerNotes = std::vector<AnswerNote>;

inline constexpr std::chrono::milliseconds kAnswerLifetime = std::chrono::minutes(30);
/// The oldest go first where there are more. In an object store the catalog is written anew with each commit.
inline constexpr int kAnswersMax = 10'000, kAnswersInObjectMax = 256;

/// Also of times that a clock which was wrong has left in the future.
inline bool is_outdated(std::int64_t at_ms, std::int64_t now_ms) {
  return at_ms < now_ms - kAnswerLifetime.count() || at_ms > now_ms + kAnswerLifetime.count();
}

}  // namespace millpond::pond
