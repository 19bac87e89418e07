#include "model/text_encoder/pre_tokenizers.h"

#include <nlohmann/json.hpp>

#include "model/text_encoder/split.h"

namespace millpond::model {
namespace {

using nlohmann::json;

enum class Behavior { kRemoved, kIsolated, kPrevious, kNext, kContiguous };

Result<Behavior> behavior_of(const std::string& name) {
  if (name == "Removed") return Behavior::kRemoved;
  if (name == "Isolated") return Behavior::kIsolated;
  if (name == "MergedWithPrevious") return Behavior::kPrevious;
  if (name == "MergedWithNext") return Behavior::kNext;
  if (name == "Contiguous") return Behavior::kContiguous;
  return unsupported("split behaviour of the tokenizer: ", name);
}

struct Part {
  std::size_t begin, end;
  bool match;
};

class Split final : public PreTokenizer {
 public:
  Split(std::unique_ptr<Matcher> matcher, Behavior behavior, bool invert)
      : matcher_(std::move(matcher)), behavior_(behavior), invert_(invert) {}

  void apply(Pieces& pieces) override {
    pieces.next.clear();
    for (const std::string_view piece : pieces.now) cut(piece, pieces.next);
    pieces.now.swap(pieces.next);
  }

 private:
  void cut(std::string_view piece, std::vector<std::string_view>& out) {
    parts_.clear();
    matcher_->start(piece);
    std::size_t done = 0, begin = 0, end = 0;
    while (matcher_->next(begin, end)) {
      if (begin > done) parts_.push_back({done, begin, invert_});
      parts_.push_back({begin, end, !invert_});
      done = end;
    }
    if (done < piece.size()) parts_.push_back({done, piece.size(), invert_});
    merge();
    for (const Part& part : parts_) {
      if (part.match && behavior_ == Behavior::kRemoved) continue;
      out.push_back(piece.substr(part.begin, part.end - part.begin));
    }
  }

  void merge() {
    if (behavior_ == Behavior::kRemoved || behavior_ == Behavior::kIsolated) return;
    std::vector<Part> merged;
    bool before = false;  // what the part before in the original was
    if (behavior_ == Behavior::kNext) {
      for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
        if (part->match && !before && !merged.empty()) {
          merged.back().begin = part->begin;
        } else {
          merged.push_back({part->begin, part->end, false});
        }
        before = part->match;
      }
      parts_.assign(merged.rbegin(), merged.rend());
      return;
    }
    for (const Part& part : parts_) {
      const bool joins = behavior_ == Behavior::kContiguous ? part.match == before : part.match && !before;
      if (joins && !merged.empty()) {
        merged.back().end = part.end;
      } else {
        merged.push_back({part.begin, part.end, false});
      }
      before = part.match;
    }
    parts_ = std::move(merged);
  }

  std::unique_ptr<Matcher> matcher_;
  const Behavior behavior_;
  const bool invert_;
  std::vector<Part> parts_;
};

/// Cuts by what single characters are. `part(cp)`: 0 vanishes, 1 belongs to a run, 2 stands alone, 3 belongs to a run
/// of its kind.
template <class PartOf>
class ByChar final : public PreTokenizer {
 public:
  explicit ByChar(PartOf part_of) : part_of_(std::move(part_of)) {}
  void apply(Pieces& pieces) override {
    pieces.next.clear();
    for (const std::string_view piece : pieces.now) {
      std::size_t begin = 0;
      int open = 0;
      for (std::size_t at = 0; at < piece.size();) {
        const std::size_t here = at;
        const int part = part_of_(read_char(piece, at));
        if (part == open && part != 2) continue;
        if (open != 0 && here > begin) pieces.next.push_back(piece.substr(begin, here - begin));
        begin = here;
        open = part;
      }
      if (open != 0 && begin < piece.size()) pieces.next.push_back(piece.substr(begin));
    }
    pieces.now.swap(pieces.next);
  }

 private:
  PartOf part_of_;
};
template <class PartOf>
std::unique_ptr<PreTokenizer> by_char(PartOf part_of) {
  return std::make_unique<ByChar<PartOf>>(std::move(part_of));
}

/// The bytes stay bytes: the vocabulary is turned into bytes instead.
class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(const CharKinds& kinds, bool prefix_space, bool cuts)
      : prefix_space_(prefix_space),
        split_(cuts ? std::make_unique<Split>(gpt2_matcher(kinds), Behavior::kIsolated, false) : nullptr) {}
  void apply(Pieces& pieces) override {
    if (prefix_space_) {
      for (std::string_view& piece : pieces.now) {
        if (!piece.starts_with(' ')) piece = pieces.made.emplace_back(" " + std::string(piece));
      }
    }
    if (split_) split_->apply(pieces);
  }

 private:
  const bool prefix_space_;
  std::unique_ptr<Split> split_;
};

class Metaspace final : public PreTokenizer {
 public:
  Metaspace(std::string mark, std::string scheme, bool cuts)
      : mark_(std::move(mark)),
        scheme_(std::move(scheme)),
        cuts_(cuts),
        marks_(literal_matcher(mark_), Behavior::kNext, false) {}
  void apply(Pieces& pieces) override {
    bool first = pieces.at_start;
    for (std::string_view& piece : pieces.now) {
      std::string text;
      for (const char c : piece) {
        if (c == ' ') {
          text += mark_;
        } else {
          text += c;
        }
      }
      const bool prepends = scheme_ == "always" || (scheme_ == "first" && first);
      if (prepends && !text.starts_with(mark_)) text.insert(0, mark_);
      first = false;
      piece = pieces.made.emplace_back(std::move(text));
    }
    if (cuts_) marks_.apply(pieces);
  }

 private:
  const std::string mark_, scheme_;
  const bool cuts_;
  Split marks_;
};

class Sequence final : public PreTokenizer {
 public:
  std::vector<std::unique_ptr<PreTokenizer>> parts;
  void apply(Pieces& pieces) override {
    for (const auto& part : parts) part->apply(pieces);
  }
};

Result<std::unique_ptr<PreTokenizer>> make_split(const json& form, const CharKinds& kinds) {
  MP_ASSIGN(const Behavior behavior, behavior_of(form.value("behavior", "Isolated")));
  const json& pattern = form.at("pattern");
  std::unique_ptr<Matcher> matcher;
  if (pattern.contains("String")) {
    matcher = literal_matcher(pattern.at("String").get<std::string>());
  } else {
    MP_ASSIGN(matcher, regex_matcher(pattern.at("Regex").get<std::string>(), kinds));
  }
  return std::unique_ptr<PreTokenizer>(new Split(std::move(matcher), behavior, form.value("invert", false)));
}

std::string metaspace_scheme(const json& form) {
  if (form.contains("prepend_scheme")) return form.at("prepend_scheme").get<std::string>();
  return form.value("add_prefix_space", true) ? "always" : "never";
}

}  // namespace

Result<bool> is_byte_level(const json& form) {
  if (form.is_null()) return false;
  if (form.value("type", "") != "Sequence") return form.value("type", "") == "ByteLevel";
  const json& parts = form.at("pretokenizers");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    MP_ASSIGN(const bool bytes, is_byte_level(parts[i]));
    if (bytes && i + 1 < parts.size()) return unsupported("the tokenizer has steps after ByteLevel");
    if (bytes) return true;
  }
  return false;
}

Result<std::unique_ptr<PreTokenizer>> make_pre_tokenizer(const json& form, const CharKinds& kinds) {
  if (form.is_null()) return std::unique_ptr<PreTokenizer>();
  const std::string type = form.value("type", "");
  if (type == "Sequence") {
    auto all = std::make_unique<Sequence>();
    for (const json& part : form.at("pretokenizers")) {
      MP_ASSIGN(auto made, make_pre_tokenizer(part, kinds));
      if (made) all->parts.push_back(std::move(made));
    }
    return std::unique_ptr<PreTokenizer>(std::move(all));
  }
  if (type == "Split") return make_split(form, kinds);
  if (type == "ByteLevel") {
    return std::unique_ptr<PreTokenizer>(
        new ByteLevel(kinds, form.value("add_prefix_space", true), form.value("use_regex", true)));
  }
  if (type == "Metaspace") {
    return std::unique_ptr<PreTokenizer>(
        new Metaspace(form.value("replacement", "\u2581"), metaspace_scheme(form), form.value("split", true)));
  }
  if (type == "BertPreTokenizer") {
    return by_char([&kinds](char32_t cp) {
      const std::uint8_t kind = kinds.of(cp);
      return kind & CharKinds::kSpace ? 0 : reference_punct(cp) ? 2 : 1;
    });
  }
  if (type == "Whitespace") {
    return by_char([&kinds](char32_t cp) { return kinds.of(cp) & CharKinds::kSpace ? 0 : kinds.word(cp) ? 1 : 3; });
  }
  if (type == "WhitespaceSplit") {
    return by_char([&kinds](char32_t cp) { return kinds.of(cp) & CharKinds::kSpace ? 0 : 1; });
  }
  if (type == "Digits") {
    const bool alone = form.value("individual_digits", false);
    return by_char([&kinds, alone](char32_t cp) { return kinds.of(cp) & CharKinds::kNumber ? (alone ? 2 : 3) : 1; });
  }
  if (type == "Punctuation") {
    if (form.value("behavior", "Isolated") != "Isolated") return unsupported("split behaviour of Punctuation");
    return by_char([](char32_t cp) { return reference_punct(cp) ? 2 : 1; });
  }
  return unsupported("pre-tokeniser of the tokenizer: ", type);
}

}  // namespace millpond::model
