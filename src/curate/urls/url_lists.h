#pragma once
// Lists of domains, addresses and words that addresses are looked up in.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::curate {

/// The host of an address in lower case, without user, port and dot at the end; other letters than ASCII in punycode.
/// Empty if there is none. The scheme may be missing.
std::string host_of_url(std::string_view url);

/// The form in which addresses of lists are compared: `normal_url`, whatever the scheme, with the host in punycode.
std::string listed_url(std::string_view url);

/// Domains and addresses of several lists by their 64-bit hashes: 10 bytes an entry, 26 while they are read.
/// Threads: immutable after `read`.
class UrlLists {
 public:
  /// What was found where; `list` is empty if nothing was.
  struct Found {
    std::string_view list;
    std::string_view kind;  ///< "domain" or "url"
    std::string entry;
  };
  /// Each path is a file with one entry a line, or a folder with files `domains` and `urls` (as those of the University
  /// of Toulouse), also as `.gz` and `.zst`. An entry with a path is an address, another one a domain; `#` begins a
  /// comment; `*.`, `||…^` and the address of a hosts file before a domain do not count.
  /// Errors: kNotFound; kInvalidArgument, with the line.
  static Result<std::shared_ptr<const UrlLists>> read(const std::vector<std::string>& paths);
  /// A domain that is listed, or is below one that is (`a.b.example` below `b.example`); else the address as a whole.
  Found find(std::string_view host, std::string_view url) const;
  std::int64_t size() const { return static_cast<std::int64_t>(domains_.hashes.size() + urls_.hashes.size()); }

 private:
  struct Table {
    std::vector<std::uint64_t> hashes;  // sorted
    std::vector<std::uint16_t> lists;
    int find(std::string_view entry) const;  // -1: not listed
  };
  std::vector<std::string> names_;
  Table domains_, urls_;
};

/// Lists of words, in lower case and of letters and digits alone, as `read` leaves them. Threads: immutable.
class UrlWords {
 public:
  struct Word {
    std::string word;
    std::uint16_t list = 0;
  };
  static Result<std::shared_ptr<const UrlWords>> read(const std::vector<std::string>& paths);
  const Word* find(std::string_view word) const;  ///< null: not listed
  /// The first in `letters` that is listed.
  const Word* find_within(std::string_view letters) const;
  std::string_view list_of(const Word& word) const { return names_[word.list]; }
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> names_;
  std::vector<Word> words_;            // sorted by word
  std::vector<std::uint32_t> begins_;  // the first word from each two letters on
};

/// A service of the context: lists by their paths, read once for all threads of a run. Threads: any.
class OpenUrlLists {
 public:
  Result<std::shared_ptr<const UrlLists>> urls(const std::vector<std::string>& paths);
  Result<std::shared_ptr<const UrlWords>> words(const std::vector<std::string>& paths);

 private:
  std::mutex mutex_;
  std::map<std::vector<std::string>, std::shared_ptr<const UrlLists>> urls_;
  std::map<std::vector<std::string>, std::shared_ptr<const UrlWords>> words_;
};

/// Hash of the content of these files and folders; "" of none.
Result<std::string> hash_url_lists(const std::vector<std::string>& paths);

}  // namespace millpond::curate
