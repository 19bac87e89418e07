#include "extract/speech/whisper_vocabulary.h"

#include <array>
#include <nlohmann/json.hpp>

#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kTokensMax = 1'000'000;

/// GPT-2 writes a byte that is no visible character as the next free one from U+0100 on.
std::array<int, 512> bytes_by_letter() {
  std::array<int, 512> bytes;
  bytes.fill(-1);
  int free = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    bytes[static_cast<std::size_t>(visible ? byte : free++)] = byte;
  }
  return bytes;
}

/// The bytes that a token of letters below U+0200 stands for; others are left out.
std::string bytes_of(std::string_view token, const std::array<int, 512>& bytes) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    unsigned letter = static_cast<unsigned char>(token[i]);
    if (letter >= 0xC0 && letter < 0xE0 && i + 1 < token.size()) {
      letter = (letter & 0x1F) << 6 | (static_cast<unsigned char>(token[++i]) & 0x3F);
    }
    if (letter < bytes.size() && bytes[letter] >= 0) out += static_cast<char>(bytes[letter]);
  }
  return out;
}

Status numbers(const nlohmann::json& config, const char* name, std::size_t below, std::vector<int>& out) {
  const auto found = config.find(name);
  if (found == config.end() || !found->is_array()) return corrupt("the speech model's config.json has no list ", name);
  for (const auto& value : *found) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= below)
      return corrupt("the speech model's config.json has no token in ", name);
    out.push_back(value.get<int>());
  }
  return {};
}

}  // namespace

std::string WhisperVocabulary::text(std::span<const int> tokens) const {
  std::string out;
  for (const int token : tokens) {
    if (token >= 0 && token < end) out += words[static_cast<std::size_t>(token)];
  }
  return repair_utf8(out);
}

Result<WhisperVocabulary> read_vocabulary(std::string_view lines, std::string_view config) {
  const std::array<int, 512> bytes = bytes_by_letter();
  WhisperVocabulary made;
  std::vector<std::string_view> names;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view token = lines.substr(0, end);
    lines.remove_prefix(std::min(lines.size(), end + 1));
    const int number = static_cast<int>(names.size());
    if (names.size() >= kTokensMax) return corrupt("the speech model's vocabulary has too many tokens");
    if (token == "<|endoftext|>") made.end = number;
    if (token == "<|startoftranscript|>") made.start = number;
    if (token == "<|transcribe|>") made.transcribe = number;
    if (token == "<|nospeech|>" || token == "<|nocaptions|>") made.no_speech = number;
    if (token == "<|0.00|>") made.time_zero = number;
    names.push_back(token);
    made.words.push_back(made.end >= 0 ? std::string() : bytes_of(token, bytes));
  }
  if (made.end < 0 || made.start < made.end || made.transcribe < made.start || made.no_speech < made.start ||
      made.time_zero < made.no_speech)
    return unsupported("not the vocabulary of a Whisper model for many languages");
  const auto parsed = nlohmann::json::parse(config, nullptr, false);
  if (!parsed.is_object()) return corrupt("the speech model's config.json is no JSON");
  MP_TRY(numbers(parsed, "lang_ids", names.size(), made.languages));
  MP_TRY(numbers(parsed, "suppress_ids", names.size(), made.suppressed));
  MP_TRY(numbers(parsed, "suppress_ids_begin", names.size(), made.suppressed_first));
  for (const int token : made.languages) {
    const std::string_view name = names[static_cast<std::size_t>(token)];
    if (name.size() < 5) return corrupt("the speech model's vocabulary has no language: ", name);
    made.language_names.emplace_back(name.substr(2, name.size() - 4));
  }
  if (made.languages.empty()) return unsupported("a Whisper model without languages");
  return made;
}

}  // namespace millpond::extract
