#include "curate/words/known_words.h"

#include <xxhash.h>

namespace millpond::curate {
namespace {

constexpr std::size_t kTokensMax = (16 << 20) / sizeof(WordToken), kTextsMax = 1 << 14;

}  // namespace

KnownWords::Key KnownWords::key_of(std::string_view text, WordRules rules) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), static_cast<XXH64_hash_t>(rules));
  return {hash.low64, hash.high64};
}

void KnownWords::make_room(std::size_t tokens) {
  if (tokens_.size() + tokens <= kTokensMax && entries_.size() < kTextsMax) return;
  tokens_.clear();
  entries_.clear();
}

void KnownWords::keep(std::string_view text, WordRules rules, const std::vector<WordToken>& tokens) {
  if (!wanted_) return;
  if (tokens.size() > kTokensMax / 4) return keep_count(text, rules, tokens.size());
  make_room(tokens.size());
  entries_[key_of(text, rules)] = {tokens.size(), tokens_.size(), true};
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

void KnownWords::keep_count(std::string_view text, WordRules rules, std::size_t count) {
  if (!wanted_) return;
  make_room(0);
  entries_.try_emplace(key_of(text, rules), Entry{count});
}

std::optional<KnownWords::Found> KnownWords::find(std::string_view text, WordRules rules) {
  wanted_ = true;
  const auto found = entries_.find(key_of(text, rules));
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  if (!entry.has_tokens) return Found{entry.count, {}};
  return Found{entry.count, {tokens_.data() + entry.first, entry.count}};
}

KnownWords& KnownWordsOfThreads::mine() {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<KnownWords>& words = all_[std::this_thread::get_id()];
  if (!words) words = std::make_unique<KnownWords>();
  return *words;
}

}  // namespace millpond::curate
