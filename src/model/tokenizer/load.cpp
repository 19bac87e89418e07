// Reads a model folder's vocabulary and settings.
#include <xxhash.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "model/tokenizer/wordpiece.h"

namespace millpond::model {
namespace {

using Json = nlohmann::json;
constexpr std::int64_t kFileBytesMax = std::int64_t{64} << 20;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return os_error(errno, "open", path);
  const auto size = static_cast<std::int64_t>(file.tellg());
  if (size < 0) return io_error("cannot read ", path);
  if (size > kFileBytesMax) return exhausted("tokenizer file is larger than ", kFileBytesMax, " bytes: ", path);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), size)) return io_error("cannot read ", path);
  return bytes;
}

/// The object in a JSON file, or an empty one if there is no file.
Result<Json> read_settings(const std::string& path) {
  Result<std::string> bytes = read_file(path);
  if (!bytes.ok()) {
    if (bytes.status().code() == Code::kNotFound) return Json::object();
    return std::move(bytes).status();
  }
  Json json = Json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return invalid("not a JSON object: ", path);
  return json;
}

bool flag(const Json& json, const char* name, bool otherwise) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

/// A special token's name: a string, or an object with `content`.
std::string special_name(const Json& map, const Json& config, const std::string& role, const char* otherwise) {
  for (const Json* json : {&map, &config}) {
    const auto found = json->find(role);
    if (found == json->end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) {
      return (*found)["content"].get<std::string>();
    }
  }
  return otherwise;
}

Status check_rules(const Json& config, const std::string& folder) {
  if (!flag(config, "do_lower_case", true)) {
    return unsupported("cased tokenizers are not covered: ", folder).hint("Use an uncased BERT model.");
  }
  if (!flag(config, "tokenize_chinese_chars", true) || !flag(config, "strip_accents", true)) {
    return unsupported("tokenize_chinese_chars and strip_accents cannot be switched off: ", folder);
  }
  return {};
}

struct Vocabulary {
  std::vector<std::string_view> tokens;  // by id; views into the file's bytes
  std::unordered_map<std::string_view, std::int32_t> ids;
};

Result<Vocabulary> split_vocabulary(std::string_view bytes, const std::string& path) {
  Vocabulary vocabulary;
  while (!bytes.empty()) {
    const std::size_t line_end = std::min(bytes.find('\n'), bytes.size());
    std::string_view token = bytes.substr(0, line_end);
    bytes.remove_prefix(std::min(line_end + 1, bytes.size()));
    if (!token.empty() && token.back() == '\r') token.remove_suffix(1);
    const auto id = static_cast<std::int32_t>(vocabulary.tokens.size());
    vocabulary.tokens.push_back(token);
    vocabulary.ids[token] = id;  // the last of two equal lines counts, as in the reference
  }
  if (vocabulary.tokens.empty()) return invalid("vocabulary is empty: ", path);
  return vocabulary;
}

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

WordTrie make_trie(const Vocabulary& vocabulary) {
  std::vector<WordTrie::Entry> words, continuations;
  words.reserve(vocabulary.ids.size());
  for (const auto& [token, id] : vocabulary.ids) {
    if (code_points(token) > NormalWord::kWordCharsMax) continue;  // no word that long is looked up
    if (token.substr(0, 2) == "##" && token.size() > 2) continuations.push_back({token.substr(2), id});
    if (!token.empty()) words.push_back({token, id});
  }
  return WordTrie(std::move(words), std::move(continuations));
}

std::int32_t stated_length(const Json& sentence, const Json& config) {
  for (const auto& [json, name] : {std::pair(&sentence, "max_seq_length"), std::pair(&config, "model_max_length")}) {
    const auto found = json->find(name);
    // Some models state 1e30 for "no limit".
    if (found != json->end() && found->is_number() && *found > 2 && *found < 1e6) return found->get<std::int32_t>();
  }
  return 512;
}

std::string hash(std::string_view bytes, const WordPieceSettings& settings) {
  std::string rules = "wordpiece uncased 1";
  for (const SpecialToken& special : settings.specials) rules += " " + special.name + "=" + std::to_string(special.id);
  rules += " max_length=" + std::to_string(settings.max_length);
  const XXH128_hash_t vocabulary = XXH3_128bits(bytes.data(), bytes.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, vocabulary);
  rules.append(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(rules.data(), rules.size()));
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::load(const std::string& folder) {
  const std::string path = folder + "/vocab.txt";
  MP_ASSIGN(const std::string bytes, read_file(path));
  MP_ASSIGN(const Json config, read_settings(folder + "/tokenizer_config.json"));
  MP_ASSIGN(const Json map, read_settings(folder + "/special_tokens_map.json"));
  MP_ASSIGN(const Json sentence, read_settings(folder + "/sentence_bert_config.json"));
  MP_TRY(check_rules(config, folder));
  MP_ASSIGN(const Vocabulary vocabulary, split_vocabulary(bytes, path));

  WordPieceSettings settings;
  settings.vocabulary_size = static_cast<std::int32_t>(vocabulary.tokens.size());
  settings.max_length = stated_length(sentence, config);
  std::int32_t mask = 0;
  const std::tuple<const char*, const char*, std::int32_t*> roles[] = {{"unk_token", "[UNK]", &settings.unk},
                                                                       {"cls_token", "[CLS]", &settings.cls},
                                                                       {"sep_token", "[SEP]", &settings.sep},
                                                                       {"pad_token", "[PAD]", &settings.pad},
                                                                       {"mask_token", "[MASK]", &mask}};
  for (const auto& [role, otherwise, id] : roles) {
    const std::string name = special_name(map, config, role, otherwise);
    const auto found = vocabulary.ids.find(name);
    if (found == vocabulary.ids.end()) {
      if (id == &mask) continue;  // only training needs it
      return invalid(path, " lacks the special token ", name);
    }
    // The scanner looks for special tokens where punctuation stands.
    const bool mark = name.empty()
                          ? false
                          : std::string_view("[]<>|{}()!#$%&*+-./:;=?@\\^_`~").find(name[0]) != std::string_view::npos;
    if (!mark) return unsupported("special token does not begin with punctuation: ", name);
    *id = found->second;
    settings.specials.push_back({name, found->second});
  }
  settings.fingerprint = hash(bytes, settings);
  return std::shared_ptr<const Tokenizer>(std::make_shared<WordPiece>(make_trie(vocabulary), std::move(settings)));
}

}  // namespace millpond::model
