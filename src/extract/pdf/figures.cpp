#include "extract/pdf/figures.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "millpond/extract/captions.h"

namespace millpond::extract::pdf {
namespace {

constexpr float kFirstGapPt = 42;    // between a caption and what it describes
constexpr float kLabelsPt = 90;      // of labels and captions of parts that may stand there
constexpr float kNextGapPt = 34;     // between two pieces of one figure
constexpr float kLabelPt = 14;       // labels of axes stand so far outside
constexpr float kSideMinPt = 18;     // as of pictures
constexpr float kFigureSidePt = 28;  // of a drawing
constexpr int kLabelChars = 80, kBodyChars = 240, kBodyLines = 4;
constexpr std::size_t kPiecesMax = 1'500;  // of a page

float width(const Box& box) { return box.x1 - box.x0; }
float height(const Box& box) { return box.y1 - box.y0; }
float area(const Box& box) { return box.empty() ? 0 : width(box) * height(box); }

Box shared(const Box& a, const Box& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

Box joined(const Box& a, const Box& b) {
  if (a.empty()) return b;
  return {std::min(a.x0, b.x0), std::min(a.y0, b.y0), std::max(a.x1, b.x1), std::max(a.y1, b.y1)};
}

Box widened(const Box& box, float by) { return {box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by}; }

bool overlaps_x(const Box& a, const Box& b) { return std::min(a.x1, b.x1) > std::max(a.x0, b.x0); }

/// How much of `box` lies inside `outer`, 0 to 1.
float inside(const Box& box, const Box& outer) {
  return box.empty() ? 0 : area(shared(box, outer)) / std::max(area(box), 1e-3f);
}

bool is_furniture(const Block& block) {
  return block.kind == ElementKind::kHeader || block.kind == ElementKind::kFooter;
}

/// Whether a label stands within a drawing or directly at one of its sides.
bool stands_at(const Box& label, const Box& drawing) {
  if (shared(label, widened(drawing, kLabelPt)).empty()) return false;
  const float x = (label.x0 + label.x1) / 2, y = (label.y0 + label.y1) / 2;
  return (x > drawing.x0 && x < drawing.x1) || (y > drawing.y0 && y < drawing.y1);
}

/// Running text, which no figure holds.
bool is_body(const Block& block) {
  const bool text = block.kind == ElementKind::kParagraph || block.kind == ElementKind::kListItem;
  return text && (block.chars >= kBodyChars || block.lines >= kBodyLines) && block.chars > 20 * block.lines;
}

struct Piece {
  Box box;
  bool picture = false, free_form = false, used = false;
};

struct Figure {
  std::size_t before = 0;  ///< the block that it stands before
  Block block;
};

/// The figures of one page.
class PageFigures {
 public:
  PageFigures(const Page& page, float body_size, std::vector<Block>& blocks)
      : page_(page), body_size_(body_size), blocks_(blocks), gone_(blocks.size(), false) {
    for (const Drawing& drawing : page.rulings.drawings) {
      if (pieces_.size() < kPiecesMax && !rules_table(drawing) && !frames_text(drawing)) {
        pieces_.push_back({drawing.box, false, drawing.free_form, false});
      }
    }
    const Box all{0, 0, page.width, page.height};
    for (const Box& box : page.rulings.pictures) {
      const Box seen = shared(box, all);
      if (pieces_.size() >= kPiecesMax || seen.empty() || std::min(width(seen), height(seen)) < kSideMinPt) continue;
      if (area(seen) < 0.8f * area(all)) pieces_.push_back({seen, true, false, false});
    }
  }

  void find() {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const bool caption = blocks_[i].kind == ElementKind::kCaption;
      if (!caption && blocks_[i].kind != ElementKind::kParagraph) continue;
      const CaptionLabel label = caption_label(blocks_[i].text);
      if (label.of == CaptionOf::kNothing || (!caption && !may_be_caption(blocks_[i], label))) continue;
      join_lines(i);
      if (label.of == CaptionOf::kTable) {
        if (beside_table(i)) blocks_[i].kind = ElementKind::kCaption;
      } else if (figure_of(i, true) || figure_of(i, false)) {
        blocks_[i].kind = ElementKind::kCaption;
      }
    }
    for (Piece& piece : pieces_) {
      if (piece.picture && !piece.used) add(place_of(piece.box), piece.box, {});
    }
  }

  /// The blocks with the figures among them and without what became a figure's text.
  std::vector<Block> take() {
    std::stable_sort(figures_.begin(), figures_.end(),
                     [](const Figure& a, const Figure& b) { return a.before < b.before; });
    std::vector<Block> out;
    out.reserve(blocks_.size() + figures_.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i <= blocks_.size(); ++i) {
      for (; next < figures_.size() && figures_[next].before == i; ++next)
        out.push_back(std::move(figures_[next].block));
      if (i < blocks_.size() && !gone_[i]) out.push_back(std::move(blocks_[i]));
    }
    return out;
  }

 private:
  bool rules_table(const Drawing& drawing) const {
    return !drawing.free_form && std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
      return block.kind == ElementKind::kTable && inside(drawing.box, widened(block.box, 6)) > 0.7f;
    });
  }

  bool frames_text(const Drawing& drawing) const {
    return !drawing.free_form && std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
      const bool text = block.kind == ElementKind::kParagraph || block.kind == ElementKind::kListItem;
      return text && block.chars > 90 && block.lines > 1 && inside(block.box, drawing.box) > 0.6f;
    });
  }

  /// "Figure 3 The mill" is a caption if it is set apart; "Figure 3 shows the mill" is not.
  bool may_be_caption(const Block& block, const CaptionLabel& label) const {
    if (block.lines > 6 || block.chars > 500) return false;
    if (label.closed) return true;
    std::string_view rest = std::string_view(block.text).substr(label.end);
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n')) rest.remove_prefix(1);
    const bool capital = !rest.empty() && !(rest[0] >= 'a' && rest[0] <= 'z') && rest[0] != ',' && rest[0] != '(';
    return capital && (block.style.size < 0.95f * body_size_ || block.style.bold || block.style.italic);
  }

  /// Takes in the further lines of a caption that were taken for paragraphs of their own: behind "Figure 1:" and a
  /// tab they are indented, or the type changes.
  void join_lines(std::size_t caption) {
    Block& own = blocks_[caption];
    for (std::size_t i = caption + 1; i < blocks_.size() && own.lines < 5; ++i) {
      Block& next = blocks_[i];
      const float gap = next.box.y0 - own.box.y1;
      const bool below = gap > -2 && gap < 0.45f * own.style.size && next.box.x0 > own.box.x0 - 2 &&
                         next.box.x0 < own.box.x0 + 0.4f * width(own.box) && next.box.x1 < own.box.x1 + 6;
      const bool alike = next.kind == ElementKind::kParagraph && next.style.size < own.style.size + 0.3f &&
                         next.style.size > own.style.size - 0.3f && next.style.bold == own.style.bold &&
                         next.style.italic == own.style.italic;
      const bool closed = own.text.ends_with('.') || own.text.ends_with(':');
      if (!below || !alike || closed || gone_[i] || next.lines > 4 || next.text.find('\t') != std::string::npos) return;
      if (caption_label(next.text).of != CaptionOf::kNothing) return;
      const bool cut = own.text.ends_with('-') && next.text[0] >= 'a' && next.text[0] <= 'z';
      if (cut) own.text.pop_back();
      own.text.append(cut ? "" : " ").append(next.text);
      own.box = joined(own.box, next.box);
      own.lines += next.lines;
      own.chars += next.chars;
      gone_[i] = true;
    }
  }

  bool beside_table(std::size_t caption) const {
    const auto is_table = [&](std::size_t i) {
      if (i >= blocks_.size() || blocks_[i].kind != ElementKind::kTable) return false;
      const Box &a = blocks_[i].box, &b = blocks_[caption].box;
      return overlaps_x(a, b) && std::max(a.y0 - b.y1, b.y0 - a.y1) < kFirstGapPt;
    };
    std::size_t next = caption + 1;
    while (next < blocks_.size() && gone_[next]) ++next;
    return is_table(next) || (caption > 0 && is_table(caption - 1));
  }

  bool is_label(std::size_t i) const {
    const Block& block = blocks_[i];
    return !gone_[i] && !is_furniture(block) && !is_body(block) && block.kind != ElementKind::kTitle &&
           block.kind != ElementKind::kCaption && block.kind != ElementKind::kTable && block.chars < kBodyChars;
  }

  /// The empty height between a piece and what it may belong to: that of labels does not count.
  float gap_between(const Box& piece, const Box& from, bool above, std::size_t caption) const {
    const float top = above ? piece.y1 : from.y1, bottom = above ? from.y0 : piece.y0;
    if (bottom - top <= kNextGapPt || bottom - top > kFirstGapPt + kLabelsPt) return bottom - top;
    float labels = 0, end = top;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const Box& box = blocks_[i].box;
      if (i == caption || !is_label(i) || box.y0 < top - 2 || box.y1 > bottom + 2 ||
          !overlaps_x(box, joined(piece, from)))
        continue;
      labels += std::max(0.0f, box.y1 - std::max(box.y0, end));
      end = std::max(end, box.y1);
    }
    return bottom - top - std::min(labels, kLabelsPt);
  }

  bool blocked(const Box& piece, const Box& from, bool above, std::size_t caption) const {
    const float top = above ? piece.y1 : from.y1, bottom = above ? from.y0 : piece.y0;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const Block& block = blocks_[i];
      if (i == caption || gone_[i] || is_furniture(block)) continue;
      if (!is_body(block) && block.kind != ElementKind::kCaption && block.kind != ElementKind::kTable) continue;
      const float middle = (block.box.y0 + block.box.y1) / 2;
      if (middle > top - 2 && middle < bottom + 2 && overlaps_x(block.box, joined(piece, from))) return true;
    }
    return false;
  }

  /// Gathers the pieces above or below a caption and makes a figure of them.
  bool figure_of(std::size_t caption, bool above) {
    const Box own = blocks_[caption].box;
    Box hull{};
    std::vector<Piece*> taken;
    for (bool more = true; more;) {
      more = false;
      for (Piece& piece : pieces_) {
        if (piece.used || std::find(taken.begin(), taken.end(), &piece) != taken.end()) continue;
        const Box& from = hull.empty() ? own : hull;
        const float past = above ? piece.box.y1 - own.y0 : own.y1 - piece.box.y0;
        if (past > 4) continue;  // on the other side of the caption
        const float gap = gap_between(piece.box, from, above, caption);
        const bool beside = !hull.empty() && gap < 0;
        if (gap > (hull.empty() ? kFirstGapPt : kNextGapPt)) continue;
        const float apart = std::max(piece.box.x0 - from.x1, from.x0 - piece.box.x1);
        if (!overlaps_x(piece.box, joined(own, hull)) && (!beside || apart > kNextGapPt)) continue;
        if (blocked(piece.box, from, above, caption)) continue;
        hull = joined(hull, piece.box);
        taken.push_back(&piece);
        more = true;
      }
    }
    if (taken.empty() || std::min(width(hull), height(hull)) < kFigureSidePt) return false;
    float pictured = 0;
    for (const Piece* piece : taken) pictured += piece->picture ? area(piece->box) : 0;
    const std::size_t before = above ? caption : caption + 1;
    if (pictured > 0.5f * area(hull)) {
      for (Piece* piece : taken) {
        if (piece->picture) add(before, piece->box, {});
      }
    } else if (!drawn(caption, before, hull, above)) {
      return false;
    }
    for (Piece* piece : taken) piece->used = true;
    return true;
  }

  bool drawn(std::size_t caption, std::size_t before, Box hull, bool above) {
    const Box own = blocks_[caption].box;
    const Box between{hull.x0 - kNextGapPt, above ? hull.y1 - 2 : own.y1 - 2, hull.x1 + kNextGapPt,
                      above ? own.y0 + 2 : hull.y0 + 2};
    std::vector<std::size_t> words;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const Block& block = blocks_[i];
      if (i == caption || gone_[i] || is_furniture(block) || block.kind == ElementKind::kCaption) continue;
      const bool within = inside(block.box, hull) > 0.6f;
      if (within && is_body(block)) return false;  // a frame around text
      const bool past = above ? block.box.y1 > own.y0 + 2 : block.box.y0 < own.y1 - 2;
      const bool label = !past && is_label(i) &&
                         ((block.chars <= kLabelChars && stands_at(block.box, hull)) ||
                          (!between.empty() && inside(block.box, between) > 0.6f));
      if (within || label) words.push_back(i);
    }
    std::string text;
    for (const std::size_t i : words) {
      text.append(text.empty() ? "" : "\n").append(blocks_[i].text);
      hull = joined(hull, blocks_[i].box);
      gone_[i] = true;
    }
    add(before, hull, std::move(text));
    return true;
  }

  /// Where a picture without a caption stands: before the first block of its column that begins below its top.
  std::size_t place_of(const Box& box) const {
    std::size_t anywhere = blocks_.size();
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      if (is_furniture(blocks_[i]) || blocks_[i].box.y0 < box.y0 - 1) continue;
      if (overlaps_x(blocks_[i].box, box)) return i;
      anywhere = std::min(anywhere, i);
    }
    return anywhere;
  }

  void add(std::size_t before, const Box& box, std::string text) {
    Figure figure{before, {}};
    figure.block.kind = ElementKind::kFigure;
    figure.block.page = page_.number;
    figure.block.box = box;
    figure.block.text = std::move(text);
    figures_.push_back(std::move(figure));
  }

  const Page& page_;
  const float body_size_;
  std::vector<Block>& blocks_;
  std::vector<bool> gone_;
  std::vector<Piece> pieces_;
  std::vector<Figure> figures_;
};

}  // namespace

void add_figures(const std::vector<Page>& pages, float body_size, std::vector<Block>& blocks) {
  std::vector<Block> out;
  out.reserve(blocks.size());
  auto next = blocks.begin();
  for (const Page& page : pages) {
    const auto end = std::find_if(next, blocks.end(), [&](const Block& block) { return block.page > page.number; });
    std::vector<Block> own(std::make_move_iterator(next), std::make_move_iterator(end));
    next = end;
    if (page.number > 0) {
      PageFigures figures(page, body_size, own);
      figures.find();
      own = figures.take();
    }
    std::move(own.begin(), own.end(), std::back_inserter(out));
  }
  std::move(next, blocks.end(), std::back_inserter(out));
  blocks = std::move(out);
}

}  // namespace millpond::extract::pdf
