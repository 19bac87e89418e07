#include "millpond/chunk/chunker.h"

#include <algorithm>

#include "chunk/compose.h"
#include "chunk/pack.h"
#include "chunk/section.h"

namespace millpond::chunk {
namespace {

/// Splits one document.
class Splitter {
 public:
  Splitter(const Document& document, std::string_view title, const std::function<Status(const Chunk&)>& sink)
      : document_(document), outline_(outline(document, title)), composer_(document), sink_(sink) {}

  Status by_structure() {
    std::vector<std::int32_t> path;
    Packer packer(document_, [&](std::span<const Piece> pieces) { emit(pieces, path); });
    for (std::size_t i = 0; i < outline_.sections.size() && status_.ok();) {
      const Group group = group_at(document_, outline_, i);
      path = group.path;
      for (; i < group.last; ++i) add_section(outline_.sections[i], group.path, packer);
      packer.finish();
    }
    return std::move(status_);
  }

  Status across_sections() {
    Packer packer(document_, [&](std::span<const Piece> pieces) { emit(pieces, path_of(pieces.front().element)); });
    const auto size = static_cast<std::int32_t>(document_.elements.size());
    const bool only_title = outline_.sections.size() == 1 && outline_.sections[0].only_title;
    for (std::int32_t i = 0; i < size && status_.ok(); ++i) {
      if (i != outline_.document_title || only_title) packer.add(i);
    }
    packer.finish();
    return std::move(status_);
  }

 private:
  void add_section(const Section& section, const std::vector<std::int32_t>& path, Packer& packer) const {
    for (const std::int32_t title : section.leads) {
      const bool above = std::find(path.begin(), path.end(), title) != path.end();
      const bool is_text = section.only_title && title == section.leads.back();
      if (is_text || (!above && title != outline_.document_title)) packer.add(title);
    }
    for (std::int32_t i = section.begin; i < section.end; ++i) packer.add(i);
  }

  /// The titles above an element.
  std::vector<std::int32_t> path_of(std::int32_t element) const {
    const auto after = std::upper_bound(outline_.sections.begin(), outline_.sections.end(), element,
                                        [](std::int32_t e, const Section& section) { return e < begin_of(section); });
    if (after == outline_.sections.begin()) return {};
    std::vector<std::int32_t> path = std::prev(after)->path;
    const auto own = std::find(path.begin(), path.end(), element);
    path.erase(own, path.end());
    return path;
  }
  static std::int32_t begin_of(const Section& section) {
    return section.leads.empty() ? section.begin : section.leads.front();
  }

  void emit(std::span<const Piece> pieces, const std::vector<std::int32_t>& path) {
    if (!status_.ok()) return;
    composer_.compose(pieces, chunk_);
    if (chunk_.tokens == 0) return;  // only characters that the model does not see
    chunk_.heading_path.clear();
    for (const std::int32_t title : path) {
      if (title == outline_.document_title) continue;
      chunk_.heading_path.emplace_back(sub(document_.elements[title].text, document_.measured[title].body));
    }
    status_ = sink_(chunk_);
  }

  const Document& document_;
  const Outline outline_;
  Composer composer_;
  const std::function<Status(const Chunk&)>& sink_;
  Chunk chunk_;
  Status status_;
};

}  // namespace

Kind kind_from_name(std::string_view name) {
  if (name == "title") return Kind::kTitle;
  if (name == "list_item") return Kind::kListItem;
  if (name == "table") return Kind::kTable;
  if (name == "code") return Kind::kCode;
  if (name == "header" || name == "footer" || name == "page_break") return Kind::kSkipped;
  return Kind::kText;
}

Result<Chunker> Chunker::make(std::shared_ptr<const model::Tokenizer> tokenizer, const Rules& rules) {
  if (rules.tokens_max < 8 || rules.tokens_max > 1'000'000) {
    return invalid("tokens_max must be from 8 to 1000000: ", rules.tokens_max);
  }
  if (rules.tokens_min < 0 || rules.tokens_min > rules.tokens_max) {
    return invalid("tokens_min must be from 0 to tokens_max: ", rules.tokens_min);
  }
  if (rules.tokens_overlap < 0 || rules.tokens_overlap > rules.tokens_max / 2) {
    return invalid("tokens_overlap must be from 0 to half of tokens_max: ", rules.tokens_overlap);
  }
  return Chunker(std::move(tokenizer), rules);
}

Status Chunker::split(std::span<const Element> elements, std::string_view title,
                      const std::function<Status(const Chunk&)>& sink) const {
  const Document document = measure(elements, *tokenizer_, rules_);
  Splitter splitter(document, title, sink);
  return rules_.mode == Mode::kStructure ? splitter.by_structure() : splitter.across_sections();
}

}  // namespace millpond::chunk
