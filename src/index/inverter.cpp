#include "index/inverter.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "index/bytes.h"
#include "index/positions.h"
#include "index/postings.h"

namespace millpond::index {
namespace {

// Rows are scattered to their terms in ranges of this many entries, so that turning round needs little memory.
constexpr std::uint64_t kEntriesInPass = 4 << 20;

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t same = 0;
  while (same < most && a[same] == b[same]) ++same;
  return same;
}

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

void Inverter::add(SegmentRows&& rows) {
  term_in_batch_.clear();
  constexpr std::size_t kAhead = 16;
  const std::size_t spellings = rows.spelling_ends.size();
  const auto spelling = [&](std::size_t i) {
    const std::uint32_t begin = i == 0 ? 0 : rows.spelling_ends[i - 1];
    return std::string_view(rows.spellings).substr(begin, rows.spelling_ends[i] - begin);
  };
  std::array<std::uint64_t, kAhead> hashes;
  for (std::size_t i = 0; i < spellings + kAhead; ++i) {
    if (i >= kAhead) term_in_batch_.push_back(terms_.intern(spelling(i - kAhead), hashes[i % kAhead]));
    if (i >= spellings) continue;
    hashes[i % kAhead] = Interner::hash_of(spelling(i));
    terms_.prefetch(hashes[i % kAhead]);
  }
  rows_of_term_.resize(terms_.size(), 0);
  position_bytes_of_term_.resize(terms_.size(), 0);
  for (std::size_t i = 0; i < rows.entries.size(); ++i) {
    TermCount& entry = rows.entries[i];
    entry.term = term_in_batch_[entry.term];
    ++rows_of_term_[entry.term];
    position_bytes_of_term_[entry.term] += rows.position_bytes[i];
  }
  position_bytes_ += rows.positions.size();
  for (const std::uint32_t length : rows.lengths) {
    lengths_.push_back(length);
    length_ += length;
  }
  entries_ += rows.entries.size();
  batches_.push_back(
      {std::move(rows.entries), std::move(rows.row_ends), std::move(rows.positions), std::move(rows.position_bytes)});
}

std::int64_t Inverter::memory_bytes() const {
  return terms_.memory_bytes() +
         static_cast<std::int64_t>((entries_ + std::min(entries_, kEntriesInPass)) * (sizeof(TermCount) + 2) +
                                   position_bytes_ + lengths_.size() * 8);
}

std::vector<std::uint32_t> Inverter::sorted_terms() const {
  struct Key {
    std::uint64_t prefix;
    std::uint32_t term;
  };
  std::vector<Key> keys(terms_.size());
  for (std::uint32_t term = 0; term < keys.size(); ++term) {
    const std::string_view spelling = terms_[term];
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i)
      prefix = prefix << 8 | (i < spelling.size() ? static_cast<unsigned char>(spelling[i]) : 0U);
    keys[term] = {prefix, term};
  }
  std::sort(keys.begin(), keys.end(), [this](const Key& a, const Key& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : terms_[a.term] < terms_[b.term];
  });
  std::vector<std::uint32_t> sorted(keys.size());
  std::transform(keys.begin(), keys.end(), sorted.begin(), [](const Key& key) { return key.term; });
  return sorted;
}

Status Inverter::write(SegmentFile& file) {
  MP_TRY(file.begin(Section::kLengths));
  MP_TRY(file.append(bytes_of(lengths_)));
  const std::vector<std::uint32_t> order = sorted_terms();
  std::vector<std::uint64_t> slot_of(terms_.size()), place_of(terms_.size());
  std::string terms, out;
  std::vector<TermBlock> blocks;
  std::vector<std::uint32_t> rows, counts;
  std::vector<std::uint16_t> sizes;
  std::string positions;
  std::string_view before;
  std::uint64_t postings_offset = 0;
  MP_TRY(file.begin(Section::kPostings));
  for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
    std::uint64_t slots = 0, places = 0;
    constexpr std::uint64_t kElsewhere = ~std::uint64_t{0};
    std::fill(slot_of.begin(), slot_of.end(), kElsewhere);
    for (; to < order.size() && (to == from || slots + rows_of_term_[order[to]] <= kEntriesInPass); ++to) {
      slot_of[order[to]] = slots;
      slots += rows_of_term_[order[to]];
      place_of[order[to]] = places;
      places += position_bytes_of_term_[order[to]];
    }
    rows.resize(slots);
    counts.resize(slots);
    sizes.resize(slots);
    positions.resize(places);
    std::uint32_t row = 0;
    for (const Rows& batch : batches_) {
      std::size_t entry = 0;
      const char* from_positions = batch.positions.data();
      for (const std::uint32_t end : batch.row_ends) {
        for (; entry < end; ++entry) {
          const std::uint32_t term = batch.entries[entry].term;
          const std::uint16_t size = batch.position_bytes[entry];
          const char* coded = from_positions;
          from_positions += size;
          std::uint64_t& slot = slot_of[term];
          if (slot == kElsewhere) continue;
          std::memcpy(positions.data() + place_of[term], coded, size);
          place_of[term] += size;
          sizes[slot] = size;
          rows[slot] = row;
          counts[slot++] = batch.entries[entry].count;
        }
        ++row;
      }
    }
    std::uint64_t begin = 0, places_begin = 0;
    for (std::size_t i = from; i < to; ++i) {
      const std::uint32_t count = rows_of_term_[order[i]];
      out.clear();
      encode_postings(std::span(rows).subspan(begin, count), std::span(counts).subspan(begin, count), lengths_, out);
      const std::size_t postings_bytes = out.size();
      put_position_blocks(std::span(sizes).subspan(begin, count), out);
      out.append(positions, places_begin, position_bytes_of_term_[order[i]]);
      places_begin += position_bytes_of_term_[order[i]];
      begin += count;
      const std::string_view spelling = terms_[order[i]];
      const bool first = i % kTermsInBlock == 0;
      if (first) blocks.push_back({terms.size(), postings_offset});
      const std::size_t shared = first ? 0 : shared_prefix(before, spelling);
      put_varint(terms, shared);
      put_string(terms, spelling.substr(shared));
      put_varint(terms, count);
      put_varint(terms, postings_bytes);
      put_varint(terms, out.size() - postings_bytes);
      before = spelling;
      postings_offset += out.size();
      MP_TRY(file.append(out));
    }
  }
  MP_TRY(file.append(std::string(kPostingsPaddingBytes, '\0')));
  MP_TRY(file.begin(Section::kTerms));
  MP_TRY(file.append(terms));
  MP_TRY(file.begin(Section::kTermBlocks));
  return file.append(bytes_of(blocks));
}

}  // namespace millpond::index
