#include "millpond/chunk/chunker.h"

#include <algorithm>

#include "chunk/compose.h"
#include "chunk/cut.h"
#include "chunk/meaning.h"
#include "chunk/pack.h"
#include "chunk/section.h"

namespace millpond::chunk {
namespace {

constexpr std::int32_t kParentBudgets = 4;  // a parent of kHierarchical holds so many times a chunk's budget
constexpr std::int32_t kContextShare = 4;   // kContextual: title and headings take at most this part of the budget

constexpr std::string_view kModeNames[] = {"structure",  "sentence", "fixed",    "recursive",    "page",      "title",
                                           "table_rows", "code",     "semantic", "hierarchical", "contextual"};

/// Splits one document.
class Splitter {
 public:
  Splitter(const Document& document, std::string_view title, const std::function<Status(const Chunk&)>& sink)
      : document_(document), title_(title), outline_(outline(document, title)), composer_(document), sink_(sink) {}

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
    std::int32_t page = 0;
    for_each_element([&](std::int32_t i) {
      const std::int32_t here = document_.elements[i].page;
      if (document_.rules.mode == Mode::kPage && here != page) packer.finish();
      page = here;
      packer.add(i);
    });
    packer.finish();
    return std::move(status_);
  }

  Status by_meaning(const Likeness& likeness) {
    std::vector<Piece> pieces;
    for_each_element([&](std::int32_t i) {
      const Measured& measured = document_.measured[i];
      if (measured.tokens == 0) return;
      const Kind kind = document_.elements[i].kind;
      const bool text = kind == Kind::kText || kind == Kind::kFigure || kind == Kind::kCaption;
      const bool whole = !text && measured.tokens <= document_.rules.tokens_max;
      if (whole)
        pieces.push_back({i, measured.body, measured.tokens});
      else
        cut(document_, i, Grain::kUnits, [&](const Piece& piece) { pieces.push_back(piece); });
    });
    MP_ASSIGN(const std::vector<std::size_t> ends, meaning_ends(document_, pieces, likeness));
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      if (!status_.ok()) break;
      const std::span<const Piece> part = std::span(pieces).subspan(begin, end - begin);
      emit(part, path_of(part.front().element));
      begin = end;
    }
    return std::move(status_);
  }

  /// `children` has the same elements, measured for smaller chunks.
  Status by_levels(const Document& children) {
    std::vector<std::int32_t> path;
    Composer composer(children);
    Packer packer(document_, [&](std::span<const Piece> pieces) {
      emit(pieces, path);
      const std::int32_t parent = emitted_ - 1;
      Packer inner(children, [&](std::span<const Piece> parts) { emit(parts, path, composer, parent); });
      for (const Piece& piece : pieces) {
        const Measured& measured = children.measured[piece.element];
        const bool whole = piece.range.begin == measured.body.begin && piece.range.end == measured.body.end;
        if (whole) {
          inner.add(piece.element);
        } else {
          cut(children, piece.element, Grain::kUnits, [&](const Piece& part) {
            if (part.range.begin >= piece.range.begin && part.range.end <= piece.range.end) inner.add_piece(part);
          });
        }
      }
      inner.finish();
    });
    for (std::size_t i = 0; i < outline_.sections.size() && status_.ok();) {
      const Group group = group_at(document_, outline_, i);
      path = group.path;
      for (; i < group.last; ++i) add_section(outline_.sections[i], group.path, packer);
      packer.finish();
    }
    return std::move(status_);
  }

 private:
  template <class Visit>
  void for_each_element(const Visit& visit) {
    const auto size = static_cast<std::int32_t>(document_.elements.size());
    const bool only_title = outline_.sections.size() == 1 && outline_.sections[0].only_title;
    for (std::int32_t i = 0; i < size && status_.ok(); ++i) {
      if (i != outline_.document_title || only_title) visit(i);
    }
  }

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

  void emit(std::span<const Piece> pieces, const std::vector<std::int32_t>& path) { emit(pieces, path, composer_, -1); }
  void emit(std::span<const Piece> pieces, const std::vector<std::int32_t>& path, Composer& composer,
            std::int32_t parent) {
    if (!status_.ok()) return;
    composer.compose(pieces, chunk_);
    if (chunk_.tokens == 0) return;  // only characters that the model does not see
    chunk_.parent = parent;
    chunk_.heading_path.clear();
    for (const std::int32_t title : path) {
      if (title == outline_.document_title) continue;
      chunk_.heading_path.emplace_back(sub(document_.elements[title].text, document_.measured[title].body));
    }
    if (document_.rules.mode == Mode::kContextual) add_context();
    status_ = sink_(chunk_);
    ++emitted_;
  }

  /// Title and headings in front of the text; the outermost of them go first when there is no room.
  void add_context() {
    std::vector<std::string_view> names;
    if (const std::string_view own = sub(title_, trim(title_, whole(title_))); !own.empty()) names.push_back(own);
    names.insert(names.end(), chunk_.heading_path.begin(), chunk_.heading_path.end());
    const std::int64_t budget = document_.rules.tokens_max / (kContextShare - 1);
    for (std::size_t first = 0; first < names.size(); ++first) {
      std::string context;
      for (std::size_t i = first; i < names.size(); ++i) (context += i > first ? " \u203A " : "") += names[i];
      if (static_cast<std::int64_t>(context.size()) > budget * kBytesPerTokenMax) continue;
      const std::int64_t tokens = document_.tokenizer->count(context);
      if (tokens > budget) continue;
      context += "\n\n";
      const auto shift = static_cast<std::int32_t>(code_points(context));
      for (std::int32_t& title : chunk_.titles) title += shift;
      chunk_.text.insert(0, context);
      chunk_.tokens += static_cast<std::int32_t>(tokens);
      return;
    }
  }

  const Document& document_;
  const std::string_view title_;
  const Outline outline_;
  Composer composer_;
  const std::function<Status(const Chunk&)>& sink_;
  Chunk chunk_;
  Status status_;
  std::int32_t emitted_ = 0;
};

}  // namespace

std::optional<Mode> mode_from_name(std::string_view name) {
  const auto* found = std::find(std::begin(kModeNames), std::end(kModeNames), name);
  if (found == std::end(kModeNames)) return std::nullopt;
  return static_cast<Mode>(found - std::begin(kModeNames));
}

std::span<const std::string_view> mode_names() { return kModeNames; }

Kind kind_from_name(std::string_view name) {
  if (name == "title") return Kind::kTitle;
  if (name == "list_item") return Kind::kListItem;
  if (name == "table") return Kind::kTable;
  if (name == "code") return Kind::kCode;
  if (name == "figure") return Kind::kFigure;
  if (name == "caption") return Kind::kCaption;
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
  Rules rules = rules_;
  if (rules.mode == Mode::kTitle) rules.tokens_min = 0;
  if (rules.mode == Mode::kHierarchical) rules.tokens_max *= kParentBudgets;
  // Room for the context: what is left of the budget holds the text.
  if (rules.mode == Mode::kContextual) rules.tokens_max -= rules.tokens_max / kContextShare;
  rules.tokens_min = std::min(rules.tokens_min, rules.tokens_max);
  const Document document = measure(elements, *tokenizer_, rules);
  Splitter splitter(document, title, sink);
  switch (rules.mode) {
    case Mode::kSentence:
    case Mode::kFixed:
    case Mode::kRecursive:
    case Mode::kPage: return splitter.across_sections();
    case Mode::kSemantic:
      if (!likeness_) return internal("no likeness was set for chunks by meaning");
      return splitter.by_meaning(likeness_);
    case Mode::kHierarchical: return splitter.by_levels(measure(elements, *tokenizer_, rules_));
    default: return splitter.by_structure();
  }
}

}  // namespace millpond::chunk
