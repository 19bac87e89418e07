// Reads tokenizer.json and runs what it says.

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "millpond/model/text_encoder.h"
#include "model/text_encoder/added_tokens.h"
#include "model/text_encoder/normalizers.h"
#include "model/text_encoder/pre_tokenizers.h"
#include "model/text_encoder/subwords.h"
#include "model/text_encoder/word_cache.h"

namespace millpond::model {
namespace {

using nlohmann::json;

struct Parts {
  CharKinds kinds;
  json normalizer, pre_tokenizer;
  std::unique_ptr<Subwords> model;
  std::unique_ptr<AddedTokens> raw, normalized;
  Vocabulary vocabulary;  // as written, added tokens included
  std::vector<std::int32_t> before, after;
  std::int32_t size = 0;
  std::string fingerprint;
};

class Encoder final : public TextEncoder {
 public:
  Encoder(std::shared_ptr<const Parts> parts, std::unique_ptr<TextNormalizer> normalizer,
          std::unique_ptr<PreTokenizer> pre_tokenizer)
      : parts_(std::move(parts)), normalizer_(std::move(normalizer)), pre_tokenizer_(std::move(pre_tokenizer)) {}

  void encode(std::string_view text, std::vector<std::int32_t>& ids) override {
    if (!valid(text)) text = repaired_;
    parts_->raw->split(text, outer_);
    for (std::size_t i = 0; i < outer_.size(); ++i) {
      const TextPart part = outer_[i];
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        encode_normal(text.substr(part.begin, part.end - part.begin), part.begin == 0, ids);
      }
    }
  }

 private:
  bool valid(std::string_view text) {
    bool good = true;
    for (std::size_t at = 0; at < text.size() && good;) {
      std::uint64_t eight;
      if (at + sizeof eight <= text.size()) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & 0x8080808080808080ULL) == 0) {
          at += sizeof eight;
          continue;
        }
      }
      const std::size_t begin = at;
      good = read_char(text, at) != kReplacement || text.substr(begin, at - begin) == "\xEF\xBF\xBD";
    }
    if (good) return true;
    repaired_.clear();
    for (std::size_t at = 0; at < text.size();) append_char(read_char(text, at), repaired_);
    return false;
  }

  void encode_normal(std::string_view text, bool first, std::vector<std::int32_t>& ids) {
    if (normalizer_) {
      normal_.assign(text);
      normalizer_->apply(normal_);
      text = normal_;
    }
    if (parts_->normalized->empty()) return encode_plain(text, first, ids);
    parts_->normalized->split(text, inner_);
    for (std::size_t i = 0; i < inner_.size(); ++i) {
      const TextPart part = inner_[i];
      if (part.id >= 0) {
        ids.push_back(part.id);
      } else {
        encode_plain(text.substr(part.begin, part.end - part.begin), first && part.begin == 0, ids);
      }
    }
  }

  void encode_plain(std::string_view text, bool first, std::vector<std::int32_t>& ids) {
    if (text.empty()) return;
    pieces_.start(text, first);
    if (pre_tokenizer_) pre_tokenizer_->apply(pieces_);
    for (const std::string_view piece : pieces_.now) {
      if (parts_->model->cuts_at_marks()) {
        encode_by_marks(piece, ids);
      } else {
        encode_piece(piece, ids);
      }
    }
  }

  /// Between the words of a text that is one piece: what follows a cut joins with nothing before it.
  void encode_by_marks(std::string_view piece, std::vector<std::int32_t>& ids) {
    constexpr std::string_view kMark = "\u2581";
    std::size_t begin = 0;
    for (std::size_t at = piece.find(kMark); at != std::string_view::npos; at = piece.find(kMark, at + kMark.size())) {
      if (at == 0 || piece.substr(at - std::min(at, kMark.size()), kMark.size()) == kMark) continue;
      encode_piece(piece.substr(begin, at - begin), ids);
      begin = at;
    }
    encode_piece(piece.substr(begin), ids);
  }

  void encode_piece(std::string_view piece, std::vector<std::int32_t>& ids) {
    if (cache_.find(piece, ids)) return;
    const std::size_t before = ids.size();
    parts_->model->encode(piece, scratch_, ids);
    cache_.keep(piece, ids.data() + before, ids.size() - before);
  }

  std::shared_ptr<const Parts> parts_;
  std::unique_ptr<TextNormalizer> normalizer_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
  std::vector<TextPart> outer_, inner_;
  std::string normal_, repaired_;
  Pieces pieces_;
  SubwordScratch scratch_;
  WordCache cache_;
};

class File final : public TokenizerFile {
 public:
  explicit File(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::unique_ptr<TextEncoder> encoder() const override {
    // Both were made once when the file was read, so that they can be made.
    return std::make_unique<Encoder>(parts_, *make_normalizer(parts_->normalizer, parts_->kinds),
                                     *make_pre_tokenizer(parts_->pre_tokenizer, parts_->kinds));
  }
  std::int32_t vocabulary_size() const override { return parts_->size; }
  std::int32_t id_of(std::string_view token) const override {
    const auto found = parts_->vocabulary.find(std::string(token));
    return found == parts_->vocabulary.end() ? -1 : found->second;
  }
  const std::vector<std::int32_t>& before() const override { return parts_->before; }
  const std::vector<std::int32_t>& after() const override { return parts_->after; }
  const std::string& fingerprint() const override { return parts_->fingerprint; }

 private:
  std::shared_ptr<const Parts> parts_;
};

/// GPT-2's characters for bytes, back to bytes. False: a token that was not made of them (a special one).
class ByteChars {
 public:
  ByteChars() {
    bytes_.fill(-1);
    int next = 256;
    for (int byte = 0; byte < 256; ++byte) {
      const bool itself = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      bytes_[static_cast<std::size_t>(itself ? byte : next++)] = byte;
    }
  }
  bool to_bytes(std::string_view token, std::string& out) const {
    out.clear();
    for (std::size_t at = 0; at < token.size();) {
      const char32_t cp = read_char(token, at);
      if (cp >= bytes_.size() || bytes_[cp] < 0) return false;
      out += static_cast<char>(bytes_[cp]);
    }
    return true;
  }

 private:
  std::array<int, 512> bytes_;
};

Result<std::int32_t> token_id(const json& form) {
  constexpr std::int64_t kIdMax = 1 << 28;
  if (!form.is_number_integer() || form.get<std::int64_t>() < 0 || form.get<std::int64_t>() > kIdMax) {
    return invalid("not the id of a token: ", form.dump().substr(0, 40));
  }
  return form.get<std::int32_t>();
}

std::int32_t unknown_id(const json& model, const Vocabulary& vocabulary) {
  const auto token = model.find("unk_token");
  if (token == model.end() || !token->is_string()) return -1;
  const auto found = vocabulary.find(token->get<std::string>());
  return found == vocabulary.end() ? -1 : found->second;
}

std::string text_or(const json& form, const char* name, const char* otherwise) {
  const auto found = form.find(name);
  return found != form.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

Result<std::unique_ptr<Subwords>> read_bpe(const json& model, Vocabulary vocabulary, bool raw_bytes) {
  if (const auto dropout = model.find("dropout"); dropout != model.end() && dropout->is_number() && *dropout > 0) {
    return unsupported("BPE with dropout gives other ids each time");
  }
  BpeSettings settings;
  settings.unknown = unknown_id(model, vocabulary);
  settings.fuse_unknown = model.value("fuse_unk", false);
  settings.byte_fallback = model.value("byte_fallback", false);
  settings.ignore_merges = model.value("ignore_merges", false);
  settings.raw_bytes = raw_bytes;
  settings.prefix = text_or(model, "continuing_subword_prefix", "");
  settings.suffix = text_or(model, "end_of_word_suffix", "");
  const ByteChars chars;
  std::string bytes;
  for (auto& [token, id] : vocabulary) {
    if (!raw_bytes) {
      settings.vocabulary.emplace(token, id);
    } else if (chars.to_bytes(token, bytes)) {
      settings.vocabulary.emplace(bytes, id);
    }
  }
  for (const json& merge : model.at("merges")) {
    std::string left, right;
    if (merge.is_string()) {
      const auto& text = merge.get_ref<const std::string&>();
      const std::size_t space = text.find(' ');
      if (space == std::string::npos) return invalid("a merge is two pieces: ", text);
      left = text.substr(0, space), right = text.substr(space + 1);
    } else {
      left = merge.at(0).get<std::string>(), right = merge.at(1).get<std::string>();
    }
    if (raw_bytes) {
      const bool both = chars.to_bytes(std::string(left), left) && chars.to_bytes(std::string(right), right);
      if (!both) left.clear(), right.clear();  // keeps the ranks of the others; joins nothing
    }
    settings.merges.emplace_back(std::move(left), std::move(right));
  }
  return make_bpe(std::move(settings));
}

/// The number as serde_json reads it, which divides by a power of ten in place of rounding once: scores that are equal
/// but for the last bit decide between cuts.
double as_reference_reads(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* at = text;
  for (bool fraction = false; at < end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
    } else {
      digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
      exponent -= fraction;
    }
  }
  int power = 0;
  if (at < end) std::from_chars(at[1] == '+' ? at + 2 : at + 1, end, power);
  exponent += power;
  constexpr int kPowersMax = 22;  // of ten that are exact
  if (std::abs(exponent) > kPowersMax) return value;
  const double scale = std::pow(10.0, std::abs(exponent));
  const double read = exponent < 0 ? static_cast<double>(digits) / scale : static_cast<double>(digits) * scale;
  return std::signbit(value) ? -read : read;
}

Result<std::unique_ptr<Subwords>> read_model(const json& model, bool raw_bytes, Vocabulary& vocabulary) {
  std::string type = model.value("type", "");
  const json& listed = model.at("vocab");
  if (type.empty()) type = model.contains("merges") ? "BPE" : listed.is_array() ? "Unigram" : "WordPiece";
  if (type == "Unigram") {
    UnigramSettings settings;
    for (const json& piece : listed) {
      vocabulary[piece.at(0).get<std::string>()] = static_cast<std::int32_t>(settings.pieces.size());
      settings.pieces.emplace_back(piece.at(0).get<std::string>(), as_reference_reads(piece.at(1).get<double>()));
    }
    if (raw_bytes) return unsupported("a Unigram model over bytes");
    if (const auto unknown = model.find("unk_id"); unknown != model.end() && unknown->is_number()) {
      MP_ASSIGN(settings.unknown, token_id(*unknown));
    }
    settings.byte_fallback = model.value("byte_fallback", false);
    return make_unigram(settings);
  }
  for (const auto& [token, id] : listed.items()) { MP_ASSIGN(vocabulary[token], token_id(id)); }
  if (type == "BPE") return read_bpe(model, vocabulary, raw_bytes);
  if (raw_bytes) return unsupported("a model over bytes other than BPE: ", type);
  if (type == "WordPiece") {
    WordPieceModelSettings settings;
    settings.vocabulary = vocabulary;
    settings.unknown = unknown_id(model, vocabulary);
    settings.prefix = text_or(model, "continuing_subword_prefix", "##");
    settings.chars_max = model.value("max_input_chars_per_word", std::size_t{100});
    return make_word_pieces(settings);
  }
  if (type == "WordLevel") return make_word_level(vocabulary, unknown_id(model, vocabulary));
  return unsupported("model of the tokenizer: ", type);
}

Status read_added(const json& root, Parts& parts) {
  std::vector<AddedToken> raw, normalized;
  MP_ASSIGN(const auto normalizer, make_normalizer(parts.normalizer, parts.kinds));
  for (const json& form : root.value("added_tokens", json::array())) {
    AddedToken token;
    token.content = form.at("content").get<std::string>();
    MP_ASSIGN(token.id, token_id(form.at("id")));
    token.single_word = form.value("single_word", false);
    token.lstrip = form.value("lstrip", false);
    token.rstrip = form.value("rstrip", false);
    token.special = form.value("special", false);
    token.normalized = form.value("normalized", !token.special);
    parts.vocabulary[token.content] = token.id;
    if (token.normalized && normalizer) normalizer->apply(token.content);
    (token.normalized ? normalized : raw).push_back(std::move(token));
  }
  parts.raw = std::make_unique<AddedTokens>(std::move(raw), parts.kinds);
  parts.normalized = std::make_unique<AddedTokens>(std::move(normalized), parts.kinds);
  return {};
}

void read_template(const json& form, Parts& parts) {
  const std::string type = form.is_object() ? form.value("type", "") : "";
  if (type == "Sequence") {
    for (const json& part : form.at("processors")) read_template(part, parts);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    parts.before = {form.at("cls").at(1).get<std::int32_t>()};
    parts.after = {form.at("sep").at(1).get<std::int32_t>()};
  } else if (type == "TemplateProcessing") {
    bool behind = false;
    for (const json& part : form.at("single")) {
      behind |= part.contains("Sequence");
      if (!part.contains("SpecialToken")) continue;
      const std::string name = part.at("SpecialToken").at("id").get<std::string>();
      for (const json& id : form.at("special_tokens").at(name).at("ids")) {
        (behind ? parts.after : parts.before).push_back(id.get<std::int32_t>());
      }
    }
  }
}

Result<std::shared_ptr<const TokenizerFile>> read(std::string_view text) {
  constexpr int kDepthMax = 32;
  bool deep = false;
  const json root = json::parse(text, [&](int depth, json::parse_event_t, json&) {
    deep |= depth > kDepthMax;
    return depth <= kDepthMax;
  });
  if (deep) return invalid("not a tokenizer.json: it is nested too deep");
  if (!root.is_object() || !root.contains("model")) return invalid("not a tokenizer.json: it has no `model`");
  auto parts = std::make_shared<Parts>();
  parts->normalizer = root.value("normalizer", json());
  parts->pre_tokenizer = root.value("pre_tokenizer", json());
  MP_ASSIGN(const bool raw_bytes, is_byte_level(parts->pre_tokenizer));
  MP_TRY(make_pre_tokenizer(parts->pre_tokenizer, parts->kinds).status());
  MP_ASSIGN(parts->model, read_model(root.at("model"), raw_bytes, parts->vocabulary));
  MP_TRY(read_added(root, *parts));
  read_template(root.value("post_processor", json()), *parts);
  for (const auto& [token, id] : parts->vocabulary) parts->size = std::max(parts->size, id + 1);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data(), text.size()));
  for (const unsigned char byte : canonical.digest) {
    parts->fingerprint += "0123456789abcdef"[byte >> 4];
    parts->fingerprint += "0123456789abcdef"[byte & 15];
  }
  return std::shared_ptr<const TokenizerFile>(std::make_shared<File>(std::move(parts)));
}

}  // namespace

Result<std::shared_ptr<const TokenizerFile>> TokenizerFile::parse(std::string_view text) {
  try {
    return read(text);
  } catch (const std::exception& failure) { return invalid("not a tokenizer.json: ", failure.what()); }
}

Result<std::shared_ptr<const TokenizerFile>> TokenizerFile::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return os_error(errno, "cannot open the tokenizer", path);
  constexpr std::int64_t kFileBytesMax = std::int64_t{256} << 20;
  const std::int64_t size = file.tellg();
  if (size < 0 || size > kFileBytesMax) return exhausted("the tokenizer is too large: ", path);
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) return io_error("cannot read the tokenizer: ", path);
  auto read = parse(text);
  if (!read.ok()) return std::move(read).status().at(path);
  return read;
}

}  // namespace millpond::model
