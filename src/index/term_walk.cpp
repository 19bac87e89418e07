#include "index/term_walk.h"

#include <algorithm>
#include <vector>

namespace millpond::index {
namespace {

std::string_view dictionary_from(const SegmentView& segment, std::size_t block) {
  if (block >= segment.term_blocks.size()) return {};
  return segment.section(Section::kTerms).substr(segment.term_blocks[block].terms_offset);
}

}  // namespace

TermWalk::TermWalk(const SegmentView& segment, std::string_view from)
    : segment_(&segment), from_(from), in_(std::string_view()) {
  const std::size_t blocks = term_block_of(segment, from);
  const std::size_t first = blocks == 0 ? 0 : blocks - 1;
  in_ = ByteReader(dictionary_from(segment, first));
  if (first < segment.term_blocks.size()) offset_ = segment.term_blocks[first].postings_offset;
}

bool TermWalk::step() {
  if (in_.done()) return false;
  const std::uint64_t shared = in_.varint();
  const std::string_view rest = in_.string();
  entry_ = read_term_entry(in_, *segment_, offset_);
  if (!in_.ok() || shared > term_.size() || entry_.rows == 0) return false;
  term_.resize(shared);
  term_.append(rest);
  return true;
}

bool TermWalk::next() {
  if (begun_) return step();
  begun_ = true;
  while (step()) {
    if (term_ >= from_) return true;
  }
  return false;
}

std::u32string code_points(std::string_view utf8) {
  std::u32string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = lead < 0x80 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k)
      c = c << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    out.push_back(c);
    i += size;
  }
  return out;
}

bool within_edits(std::u32string_view a, std::u32string_view b, int edits) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > static_cast<std::size_t>(edits)) return false;
  std::vector<int> before(b.size() + 1), row(b.size() + 1), two_before(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_before, before);
    std::swap(before, row);
    row[0] = static_cast<int>(i);
    int least = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > edits) return false;
  }
  return row[b.size()] <= edits;
}

}  // namespace millpond::index
