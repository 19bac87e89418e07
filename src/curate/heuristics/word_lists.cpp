#include "curate/heuristics/word_lists.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "millpond/row_hash.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kListBytesMax = 256 << 20;

Result<std::string> content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found("cannot read the list of words: ", path).hint("One word a line, or a `.json` file.");
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kListBytesMax) return invalid("a list of words may have 256 MB: ", path);
  return text;
}

Status take(const nlohmann::json& array, const std::string& path, std::vector<std::string>& words) {
  if (!array.is_array()) return invalid("not an array of words: ", path);
  for (const auto& word : array) {
    if (!word.is_string()) return invalid("a word in the list is no text: ", path);
    words.push_back(word.get<std::string>());
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> read_word_list(const std::string& path, std::string_view language) {
  MP_ASSIGN(const std::string text, content(path));
  std::vector<std::string> words;
  if (!path.ends_with(".json")) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string word = text.substr(begin, end - begin);
      if (!word.empty() && word.back() == '\r') word.pop_back();
      if (!word.empty()) words.push_back(std::move(word));
      begin = end + 1;
    }
    return words;
  }
  const auto value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return invalid("not JSON: ", path);
  if (!value.is_object()) {
    MP_TRY(take(value, path, words));
    return words;
  }
  if (const auto own = value.find(language); own != value.end()) {
    MP_TRY(take(*own, path, words));
    return words;
  }
  if (language != "all") {
    std::string known;
    for (const auto& item : value.items()) known += (known.empty() ? "" : ", ") + item.key();
    return not_found("the list of words has no language ", language, ": ", path).hint("It has: " + known + ".");
  }
  for (const auto& item : value) MP_TRY(take(item, path, words));
  return words;
}

Result<std::string> hash_word_list(const std::string& path) {
  if (path.empty()) return std::string();
  MP_ASSIGN(const std::string text, content(path));
  return millpond::hash_bytes(text).hex();
}

void WordHashes::add(std::uint64_t hash) {
  if (hash == 0 || has(hash)) return;
  if (4 * (count_ + 1) > places_.size()) {
    const std::vector<std::uint64_t> before = std::move(places_);
    places_.assign(std::max<std::size_t>(64, before.size() * 2), 0);
    mask_ = places_.size() - 1;
    count_ = 0;
    for (const std::uint64_t each : before) {
      if (each != 0) add(each);
    }
  }
  std::size_t at = hash & mask_;
  while (places_[at] != 0) at = (at + 1) & mask_;
  places_[at] = hash;
  ++count_;
}

}  // namespace millpond::curate
