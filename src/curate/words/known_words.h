#pragma once
// The words of texts that a step has just split, for the steps after it: splitting is most of what they cost.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "curate/words/word_rules.h"

namespace millpond::curate {

/// Remembers texts by their content, so that it does not matter who carries them from step to step. What is found is
/// what splitting would give; what is not found has to be split.
/// Memory:  at most 16 MiB of tokens; when they are full, all is forgotten.
/// Threads: one.
class KnownWords {
 public:
  struct Found {
    std::size_t count = 0;              ///< words of the text
    std::span<const WordToken> tokens;  ///< empty if only their number is known; until something else is kept
  };
  /// Remembers nothing before somebody asked for the first time.
  void keep(std::string_view text, WordRules rules, const std::vector<WordToken>& tokens);
  void keep_count(std::string_view text, WordRules rules, std::size_t count);
  std::optional<Found> find(std::string_view text, WordRules rules);

 private:
  struct Key {
    std::uint64_t low, high;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.low; }
  };
  struct Entry {
    std::size_t count = 0, first = 0;
    bool has_tokens = false;
  };
  static Key key_of(std::string_view text, WordRules rules);
  void make_room(std::size_t tokens);

  bool wanted_ = false;
  std::vector<WordToken> tokens_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
};

/// A service of the run: each of its threads has known words of its own.
/// Threads: any.
class KnownWordsOfThreads {
 public:
  KnownWords& mine();

 private:
  std::mutex mutex_;
  std::unordered_map<std::thread::id, std::unique_ptr<KnownWords>> all_;
};

}  // namespace millpond::curate
