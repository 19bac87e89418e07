#pragma once
// Replacements that a key decides: the same value becomes the same replacement wherever it stands, and nobody without
// the key can tell which value it was, not even by trying all values.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "curate/pii/pii_kinds.h"
#include "millpond/status.h"

namespace millpond::curate {

/// Threads: immutable.
class Pseudonyms {
 public:
  /// The key stands in the environment variable `key_env` or, without its last line break, in `key_file`.
  /// Errors: kInvalidArgument for none or both; kUnauthenticated for a variable that is not set and a key of less than
  ///         16 bytes; kNotFound for a file that cannot be read. No message shows the key.
  static Result<std::shared_ptr<const Pseudonyms>> load(const std::string& key_env, const std::string& key_file);

  explicit Pseudonyms(std::string key);

  /// Tells keys apart without telling them: 12 hexadecimal digits, what fingerprints and tables may show.
  const std::string& key_id() const { return key_id_; }
  /// "[EMAIL 7c1e09ab44d2]"
  std::string tag(PiiKind kind, std::string_view value) const;
  /// A value of the same form that belongs to nobody: an address at example.org, a number outside of what is given
  /// out or with a wrong check digit, a card of a range for tests. Where no such form is known, the tag.
  std::string pseudonym(PiiKind kind, std::string_view value) const;

 private:
  std::string key_, key_id_;
};

/// The value in one form for all ways to write it: digits and letters in lower case; an e-mail address as it is.
std::string normal_value(PiiKind kind, std::string_view value);

}  // namespace millpond::curate
