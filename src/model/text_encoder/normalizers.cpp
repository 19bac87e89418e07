#include "model/text_encoder/normalizers.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/text_encoder/char_map_rules.h"
#include "model/text_encoder/split.h"

namespace millpond::model {
namespace {

using nlohmann::json;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class UnicodeForm final : public TextNormalizer {
 public:
  explicit UnicodeForm(const icu::Normalizer2* form) : form_(form) {}
  void apply(std::string& text) override {
    if (is_ascii(text)) return;
    UErrorCode status = U_ZERO_ERROR;
    out_.clear();
    icu::StringByteSink<std::string> sink(&out_);
    form_->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                         status);
    if (U_SUCCESS(status)) text.swap(out_);
  }

 private:
  const icu::Normalizer2* form_;
  std::string out_;
};

/// Character by character: what `change` appends takes its place.
template <class Change>
class EachChar final : public TextNormalizer {
 public:
  explicit EachChar(Change change) : change_(std::move(change)) {}
  void apply(std::string& text) override {
    out_.clear();
    for (std::size_t at = 0; at < text.size();) change_(read_char(text, at), out_);
    text.swap(out_);
  }

 private:
  Change change_;
  std::string out_;
};
template <class Change>
std::unique_ptr<TextNormalizer> each_char(Change change) {
  return std::make_unique<EachChar<Change>>(std::move(change));
}

void append_lower(char32_t cp, std::string& out) {
  if (cp == 0x130) {  // the only one that becomes two
    out += "i\u0307";
  } else {
    append_char(static_cast<char32_t>(u_tolower(static_cast<UChar32>(cp))), out);
  }
}

class Sequence final : public TextNormalizer {
 public:
  std::vector<std::unique_ptr<TextNormalizer>> parts;
  void apply(std::string& text) override {
    for (const auto& part : parts) part->apply(text);
  }
};

class Replace final : public TextNormalizer {
 public:
  Replace(std::unique_ptr<Matcher> matcher, std::string content)
      : matcher_(std::move(matcher)), content_(std::move(content)) {}
  void apply(std::string& text) override {
    out_.clear();
    matcher_->start(text);
    std::size_t done = 0, begin = 0, end = 0;
    while (matcher_->next(begin, end)) {
      out_.append(text, done, begin - done);
      out_ += content_;
      done = end;
    }
    if (done == 0) return;
    out_.append(text, done, std::string::npos);
    text.swap(out_);
  }

 private:
  std::unique_ptr<Matcher> matcher_;
  const std::string content_;
  std::string out_;
};

class Prepend final : public TextNormalizer {
 public:
  explicit Prepend(std::string content) : content_(std::move(content)) {}
  void apply(std::string& text) override {
    if (!text.empty()) text.insert(0, content_);
  }

 private:
  const std::string content_;
};

class Strip final : public TextNormalizer {
 public:
  Strip(const CharKinds& kinds, bool left, bool right) : kinds_(kinds), left_(left), right_(right) {}
  void apply(std::string& text) override {
    std::size_t first = 0, last = 0;
    bool seen = false;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      if (kinds_.of(read_char(text, at)) & CharKinds::kSpace) continue;
      if (!seen) first = begin;
      seen = true;
      last = at;
    }
    if (!seen) first = last = left_ || right_ ? text.size() : 0;
    if (right_) text.resize(seen ? last : 0);
    if (left_ && !text.empty()) text.erase(0, first);
  }

 private:
  const CharKinds& kinds_;
  const bool left_, right_;
};

const icu::Normalizer2* unicode_form(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  if (name == "NFC") return icu::Normalizer2::getNFCInstance(status);
  if (name == "NFD") return icu::Normalizer2::getNFDInstance(status);
  if (name == "NFKC") return icu::Normalizer2::getNFKCInstance(status);
  return icu::Normalizer2::getNFKDInstance(status);
}

/// Source: `BasicTokenizer` of BERT. Ideographs: the CJK blocks that it names.
bool is_ideograph(char32_t cp) {
  return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x20000 && cp <= 0x2A6DF) ||
         (cp >= 0x2A700 && cp <= 0x2B73F) || (cp >= 0x2B740 && cp <= 0x2B81F) || (cp >= 0x2B920 && cp <= 0x2CEAF) ||
         (cp >= 0xF900 && cp <= 0xFAFF) || (cp >= 0x2F800 && cp <= 0x2FA1F);
}

std::unique_ptr<TextNormalizer> strip_bert_accents() {
  return each_char([](char32_t cp, std::string& out) {
    if (reference_type(cp) != U_NON_SPACING_MARK) append_char(cp, out);
  });
}

std::unique_ptr<TextNormalizer> strip_accents() {
  return each_char([](char32_t cp, std::string& out) {
    if (!(U_MASK(u_charType(static_cast<UChar32>(cp))) & U_GC_M_MASK)) append_char(cp, out);
  });
}

std::unique_ptr<TextNormalizer> bert(const json& form, const CharKinds& kinds) {
  auto all = std::make_unique<Sequence>();
  const bool lower = form.value("lowercase", true);
  if (form.value("clean_text", true)) {
    all->parts.push_back(each_char([&kinds](char32_t cp, std::string& out) {
      const bool gap = cp == '\t' || cp == '\n' || cp == '\r';
      const int type = reference_type(cp);
      const bool other = type == U_CONTROL_CHAR || type == U_FORMAT_CHAR || type == U_PRIVATE_USE_CHAR ||
                         type == U_SURROGATE;  // the reference keeps what is not assigned
      if (cp == 0 || cp == 0xFFFD || (other && !gap)) return;
      append_char(kinds.of(cp) & CharKinds::kSpace ? U' ' : cp, out);
    }));
  }
  if (form.value("handle_chinese_chars", true)) {
    all->parts.push_back(each_char([](char32_t cp, std::string& out) {
      if (!is_ideograph(cp)) return append_char(cp, out);
      out += ' ';
      append_char(cp, out);
      out += ' ';
    }));
  }
  const auto accents = form.find("strip_accents");
  if (accents != form.end() && accents->is_boolean() ? accents->get<bool>() : lower) {
    all->parts.push_back(std::make_unique<UnicodeForm>(unicode_form("NFD")));
    all->parts.push_back(strip_bert_accents());
  }
  if (lower) all->parts.push_back(each_char(append_lower));
  return all;
}

}  // namespace

Result<std::unique_ptr<TextNormalizer>> make_normalizer(const json& form, const CharKinds& kinds) {
  if (form.is_null()) return std::unique_ptr<TextNormalizer>();
  const std::string type = form.value("type", "");
  if (type == "Sequence") {
    auto all = std::make_unique<Sequence>();
    for (const json& part : form.at("normalizers")) {
      MP_ASSIGN(auto made, make_normalizer(part, kinds));
      if (made) all->parts.push_back(std::move(made));
    }
    return std::unique_ptr<TextNormalizer>(std::move(all));
  }
  if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    return std::unique_ptr<TextNormalizer>(new UnicodeForm(unicode_form(type)));
  }
  if (type == "Lowercase") return each_char(append_lower);
  if (type == "StripAccents") return strip_accents();
  if (type == "Precompiled") return make_precompiled(form.at("precompiled_charsmap").get_ref<const std::string&>());
  if (type == "BertNormalizer") return bert(form, kinds);
  if (type == "Prepend") return std::unique_ptr<TextNormalizer>(new Prepend(form.at("prepend").get<std::string>()));
  if (type == "Strip") {
    return std::unique_ptr<TextNormalizer>(
        new Strip(kinds, form.value("strip_left", true), form.value("strip_right", true)));
  }
  if (type == "Replace") {
    const json& pattern = form.at("pattern");
    const std::string content = form.at("content").get<std::string>();
    if (pattern.contains("String")) {
      return std::unique_ptr<TextNormalizer>(
          new Replace(literal_matcher(pattern.at("String").get<std::string>()), content));
    }
    MP_ASSIGN(auto matcher, regex_matcher(pattern.at("Regex").get<std::string>(), kinds));
    return std::unique_ptr<TextNormalizer>(new Replace(std::move(matcher), content));
  }
  return unsupported("normaliser of the tokenizer: ", type);
}

}  // namespace millpond::model
