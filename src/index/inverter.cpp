#include "index/inverter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "index/bytes.h"
#include "index/positions.h"
#include "index/postings.h"

namespace millpond::index {
namespace {

constexpr std::size_t kKnownMost = 64;  // vocabularies: two a thread are in use at most
constexpr std::size_t kAhead = 16;      // strings and runs whose memory is asked for before they are needed

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

Inverter::Known& Inverter::known(const std::shared_ptr<const Vocabulary>& vocabulary) {
  for (Known& each : known_) {
    if (each.vocabulary == vocabulary) return each;
  }
  if (known_.size() == kKnownMost) known_.erase(known_.begin());
  return known_.emplace_back(Known{vocabulary, {}});
}

void Inverter::number_terms(const WordRuns& words, std::vector<std::uint32_t>& terms) {
  std::vector<std::uint32_t>& seen = known(words.vocabulary).terms;
  const auto spelling = [&](std::size_t i) {
    const std::uint32_t begin = i == 0 ? 0 : words.spelling_ends[i - 1];
    return std::string_view(words.spellings).substr(begin, words.spelling_ends[i] - begin);
  };
  std::vector<std::uint32_t> fresh;  // the runs of terms that were not seen
  terms.resize(words.terms.size());
  for (std::uint32_t i = 0; i < terms.size(); ++i) {
    const std::uint32_t theirs = words.terms[i];
    if (theirs >= seen.size()) seen.resize(theirs + theirs / 2 + 1024, Interner::kNone);
    terms[i] = seen[theirs];
    if (terms[i] == Interner::kNone) fresh.push_back(i);
  }
  std::array<std::uint64_t, kAhead> hashes;
  for (std::size_t i = 0; i < fresh.size() + kAhead; ++i) {
    if (i >= kAhead) {
      const std::uint32_t run = fresh[i - kAhead];
      terms[run] = seen[words.terms[run]] = terms_.intern(spelling(run), hashes[i % kAhead]);
    }
    if (i >= fresh.size()) continue;
    hashes[i % kAhead] = Interner::hash_of(spelling(fresh[i]));
    terms_.prefetch(hashes[i % kAhead]);
  }
}

void Inverter::add(SegmentRows&& rows) {
  const auto first_row = static_cast<std::uint32_t>(lengths_.size());
  for (WordRuns& words : rows.words) {
    Part& part = parts_.emplace_back();
    number_terms(words, part.terms);
    runs_of_term_.resize(terms_.size(), 0);
    for (const std::uint32_t term : part.terms) ++runs_of_term_[term];
    runs_ += part.terms.size();
    run_bytes_ += words.runs.size();
    part.runs = std::move(words.runs);
    part.begins = std::move(words.begins);
    part.first_row = first_row + words.first_row;
  }
  for (const std::uint32_t length : rows.lengths) {
    lengths_.push_back(length);
    length_ += length;
  }
}

std::int64_t Inverter::memory_bytes() const {
  std::size_t known = 0;
  for (const Known& each : known_) known += each.terms.capacity() * sizeof(std::uint32_t);
  return terms_.memory_bytes() +
         static_cast<std::int64_t>(run_bytes_ + runs_ * (8 + sizeof(Run)) + lengths_.size() * 8 + known);
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

// All runs, by the order of their terms, then of their rows.
std::vector<Inverter::Run> Inverter::sorted_runs(const std::vector<std::uint32_t>& order) const {
  std::vector<std::uint64_t> places(terms_.size());
  std::uint64_t place = 0;
  for (const std::uint32_t term : order) {
    places[term] = place;
    place += runs_of_term_[term];
  }
  std::vector<Run> runs(runs_);
  for (std::uint32_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    for (std::size_t j = 0; j < part.terms.size(); ++j) runs[places[part.terms[j]]++] = {i, part.begins[j]};
  }
  return runs;
}

/// Joins the runs of one term after the other.
class Inverter::TermsWriter {
 public:
  TermsWriter(const Inverter& inverter, SegmentFile& file) : inverter_(inverter), file_(file) {}

  Status add(std::string_view spelling, std::span<const Run> runs) {
    join(runs);
    const std::size_t begin = out_.size();
    encode_postings(rows_, counts_, inverter_.lengths_, out_);
    const std::size_t postings_bytes = out_.size() - begin;
    put_position_blocks(sizes_, out_);
    out_.append(positions_, 0, positions_used_);
    const bool first = terms_added_++ % kTermsInBlock == 0;
    if (first) blocks_.push_back({terms_.size(), postings_offset_});
    const std::size_t shared = first ? 0 : shared_prefix(before_, spelling);
    put_varint(terms_, shared);
    put_string(terms_, spelling.substr(shared));
    put_varint(terms_, rows_.size());
    put_varint(terms_, postings_bytes);
    put_varint(terms_, out_.size() - begin - postings_bytes);
    before_ = spelling;
    postings_offset_ += out_.size() - begin;
    return out_.size() >= kTogetherBytes ? flush() : Status();
  }

  Status finish() {
    out_.append(kPostingsPaddingBytes, '\0');
    MP_TRY(flush());
    MP_TRY(file_.begin(Section::kTerms));
    MP_TRY(file_.append(terms_));
    MP_TRY(file_.begin(Section::kTermBlocks));
    return file_.append(bytes_of(blocks_));
  }

 private:
  static constexpr std::size_t kTogetherBytes = 64 << 10;

  Status flush() {
    MP_TRY(file_.append(out_));
    out_.clear();
    return {};
  }

  void join(std::span<const Run> runs) {
    rows_.clear();
    counts_.clear();
    sizes_.clear();
    positions_used_ = 0;
    for (const Run& run : runs) {
      const Part& part = inverter_.parts_[run.part];
      RunReader reader(part.runs.data() + run.begin);
      while (reader.rows() > 0) {
        reader.next();
        rows_.push_back(part.first_row + reader.row);
        counts_.push_back(reader.count);
        sizes_.push_back(reader.position_bytes);
        take_positions(reader.positions, reader.position_bytes);
      }
    }
  }

  // Nearly all are a few bytes; what is copied too much is written over by the next.
  void take_positions(const char* from, std::size_t size) {
    constexpr std::size_t kStep = WordRuns::kPaddingBytes / 4;
    if (positions_.size() < positions_used_ + size + kStep) positions_.resize((positions_used_ + size + kStep) * 2);
    char* to = positions_.data() + positions_used_;
    size <= kStep ? std::memcpy(to, from, kStep) : std::memcpy(to, from, size);
    positions_used_ += size;
  }

  const Inverter& inverter_;
  SegmentFile& file_;
  std::string terms_, out_, positions_;
  std::size_t positions_used_ = 0;
  std::vector<TermBlock> blocks_;
  std::vector<std::uint32_t> rows_, counts_;
  std::vector<std::uint16_t> sizes_;
  std::string_view before_;
  std::uint64_t postings_offset_ = 0, terms_added_ = 0;
};

Status Inverter::write(SegmentFile& file) {
  MP_TRY(file.begin(Section::kLengths));
  MP_TRY(file.append(bytes_of(lengths_)));
  const std::vector<std::uint32_t> order = sorted_terms();
  const std::vector<Run> runs = sorted_runs(order);
  MP_TRY(file.begin(Section::kPostings));
  TermsWriter writer(*this, file);
  std::size_t at = 0, asked = 0;
  for (const std::uint32_t term : order) {
    const std::size_t count = runs_of_term_[term];
    for (const std::size_t to = std::min(runs.size(), at + count + kAhead); asked < to; ++asked)
      __builtin_prefetch(parts_[runs[asked].part].runs.data() + runs[asked].begin);
    MP_TRY(writer.add(terms_[term], std::span(runs).subspan(at, count)));
    at += count;
  }
  return writer.finish();
}

}  // namespace millpond::index
