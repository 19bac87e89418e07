#include "extract/pdf/layout.h"

#include "extract/pdf/blocks.h"
#include "extract/pdf/figures.h"
#include "extract/pdf/furniture.h"
#include "extract/pdf/headings.h"

namespace millpond::extract::pdf {
namespace {

/// The largest heading of the first pages.
std::string title_from(const std::vector<Block>& blocks) {
  const Block* best = nullptr;
  for (const Block& block : blocks) {
    if (block.page > 2 && best) break;
    if (block.kind == ElementKind::kTitle && (!best || block.style.size > best->style.size * 1.05f)) best = &block;
  }
  return best ? best->text : std::string();
}

}  // namespace

Status lay_out(std::vector<PageLines>& lines, const std::vector<Page>& pages, const std::vector<OutlineEntry>& outline,
               const Limits& limits, Document& document) {
  const float body_size = body_size_of(lines);
  mark_furniture(lines, body_size);
  HyphenWords words;
  for (const PageLines& page : lines) collect_hyphen_words(page, words);
  std::vector<Block> blocks;
  for (const PageLines& page : lines) make_blocks(page, words, body_size, limits.as_printed, blocks);
  mark_headings(blocks, outline, body_size);
  mark_captions_and_notes(blocks, body_size);
  if (!limits.as_printed) add_figures(pages, body_size, blocks);
  mark_list_levels(blocks);
  if (document.title.empty()) document.title = title_from(blocks);

  std::int64_t output_bytes = 0;
  document.elements.reserve(blocks.size());
  for (Block& block : blocks) {
    output_bytes += static_cast<std::int64_t>(block.text.size() + block.html.size());
    const Page& page = pages[static_cast<std::size_t>(block.page - 1)];
    document.elements.push_back(
        {block.kind, block.level, std::move(block.text), block.page, page.displayed(block.box), std::move(block.html)});
  }
  if (output_bytes > limits.output_bytes)
    return exhausted("text is longer than the limit of ", limits.output_bytes, " bytes");
  return {};
}

}  // namespace millpond::extract::pdf
