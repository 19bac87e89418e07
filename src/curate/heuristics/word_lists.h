#pragma once
// Lists of words that a user gives: one a line, or JSON.

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

/// Reads a list: of a `.json` file, the array, or the array that an object has under `language` (`all`: all of them),
/// as Data-Juicer keeps its own; of others, each line that is not empty. Errors: kNotFound; kInvalidArgument.
Result<std::vector<std::string>> read_word_list(const std::string& path, std::string_view language);

/// The hash of the file's content; "" of no path. Errors: kNotFound.
Result<std::string> hash_word_list(const std::string& path);

/// Hashes of words. Threads: immutable.
class WordHashes {
 public:
  void add(std::uint64_t hash);
  bool has(std::uint64_t hash) const {
    if (places_.empty()) return false;
    for (std::size_t at = hash & mask_; places_[at] != 0; at = (at + 1) & mask_) {
      if (places_[at] == hash) return true;
    }
    return false;
  }

 private:
  std::vector<std::uint64_t> places_;  // at most a quarter is taken; 0 is none
  std::size_t mask_ = 0, count_ = 0;
};

}  // namespace millpond::curate
