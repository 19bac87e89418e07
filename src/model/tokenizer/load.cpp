// Reads a model folder's vocabulary and settings.
#include <xxhash.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "millpond/model/catalog.h"
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

/// A model folder's files.
struct Files {
  std::string path, vocabulary;
  Json config, map, sentence;
};

Result<Files> read_files(const std::string& folder) {
  Files files;
  files.path = folder + "/vocab.txt";
  MP_ASSIGN(files.vocabulary, read_file(files.path));
  MP_ASSIGN(files.config, read_settings(folder + "/tokenizer_config.json"));
  MP_ASSIGN(files.map, read_settings(folder + "/special_tokens_map.json"));
  MP_ASSIGN(files.sentence, read_settings(folder + "/sentence_bert_config.json"));
  MP_TRY(check_rules(files.config, folder));
  return files;
}

struct SpecialRole {
  const char* role;
  const char* otherwise;
  std::int32_t WordPieceSettings::* id;  ///< null for the one that only training needs
};
constexpr SpecialRole kRoles[] = {{"unk_token", "[UNK]", &WordPieceSettings::unk},
                                  {"cls_token", "[CLS]", &WordPieceSettings::cls},
                                  {"sep_token", "[SEP]", &WordPieceSettings::sep},
                                  {"pad_token", "[PAD]", &WordPieceSettings::pad},
                                  {"mask_token", "[MASK]", nullptr}};

std::string special_name(const Files& files, const SpecialRole& role) {
  return special_name(files.map, files.config, role.role, role.otherwise);
}

/// Hash of all that decides ids: the vocabulary, the special tokens and the length.
std::string hash(const Files& files) {
  std::string rules = "wordpiece uncased 1";
  for (const SpecialRole& role : kRoles) rules += " " + special_name(files, role);
  rules += " " + std::to_string(stated_length(files.sentence, files.config));
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(files.vocabulary.data(), files.vocabulary.size()));
  rules.append(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(rules.data(), rules.size()));
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Status find_specials(const Files& files, const Vocabulary& vocabulary, WordPieceSettings& settings) {
  constexpr std::string_view kMarks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
  for (const SpecialRole& role : kRoles) {
    const std::string name = special_name(files, role);
    const auto found = vocabulary.ids.find(name);
    if (found == vocabulary.ids.end() || name.empty()) {
      if (role.id == nullptr) continue;
      return invalid(files.path, " lacks the special token ", name);
    }
    // The scanner looks for special tokens where punctuation stands.
    if (kMarks.find(name[0]) == std::string_view::npos) {
      return unsupported("special token does not begin with punctuation: ", name);
    }
    if (role.id != nullptr) settings.*role.id = found->second;
    settings.specials.push_back({name, found->second});
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::load(const std::string& folder) {
  MP_ASSIGN(const Files files, read_files(folder));
  MP_ASSIGN(const Vocabulary vocabulary, split_vocabulary(files.vocabulary, files.path));
  WordPieceSettings settings;
  settings.vocabulary_size = static_cast<std::int32_t>(vocabulary.tokens.size());
  settings.max_length = stated_length(files.sentence, files.config);
  settings.fingerprint = hash(files);
  MP_TRY(find_specials(files, vocabulary, settings));
  return std::shared_ptr<const Tokenizer>(std::make_shared<WordPiece>(make_trie(vocabulary), std::move(settings)));
}

Result<std::string> Tokenizer::fingerprint_of(const std::string& folder) {
  MP_ASSIGN(const Files files, read_files(folder));
  return hash(files);
}

Result<std::shared_ptr<const Tokenizer>> Tokenizers::get(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Tokenizer>& known = loaded_[name];
  if (known == nullptr) {
    MP_ASSIGN(const std::string folder, find_model(name));
    MP_ASSIGN(known, Tokenizer::load(folder));
  }
  return known;
}

}  // namespace millpond::model
