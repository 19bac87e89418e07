#include "ask/refine.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "index/row_scorer.h"
#include "millpond/flow/lookup.h"
#include "millpond/model/embedder.h"

namespace millpond::ask {
namespace {

constexpr int kTriedRows = 3;
constexpr std::size_t kSectionBytesMax = 8000;
// A text without its headings is still near its vector; vectors of two models have nothing to do with each other.
constexpr double kSameModelMin = 0.3;

std::vector<float> vector_of(const index::Segment& segment, std::int64_t row) {
  const index::SegmentView& view = segment.view();
  const index::VectorColumnView* column = view.find_vectors({});
  if (column == nullptr || column->declared.many || !column->has_vector(row)) return {};
  const auto number = static_cast<std::uint32_t>(row);
  if (!view.need_vectors(*column, std::span(&number, 1)).ok()) return {};
  std::vector<float> out = index::numbers_of(*column, row);
  double square = 0;
  for (const float value : out) square += double{value} * value;
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  for (float& value : out) value = static_cast<float>(value * scale);
  return out;
}

double product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

/// A chunk of the document that a passage is from.
struct Neighbour {
  std::int64_t ordinal = 0;
  std::int64_t whole = -1;  // ordinal of the chunk that it is a part of; -1: none
  std::string text;
  std::vector<std::string> headings;
};

std::int64_t whole_number(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return -1;
  if (const auto* small = dynamic_cast<const arrow::Int32Array*>(&array)) return small->Value(row);
  if (const auto* large = dynamic_cast<const arrow::Int64Array*>(&array)) return large->Value(row);
  return -1;
}

std::vector<std::string> texts_at(const arrow::Array& array, std::int64_t row) {
  std::vector<std::string> texts;
  const auto* lists = dynamic_cast<const arrow::ListArray*>(&array);
  if (lists == nullptr || lists->IsNull(row)) return texts;
  const auto* values = dynamic_cast<const arrow::StringArray*>(lists->values().get());
  for (std::int64_t i = lists->value_offset(row); values != nullptr && i < lists->value_offset(row + 1); ++i)
    texts.push_back(values->GetString(i));
  return texts;
}

/// In the order of the document.
Result<std::vector<Neighbour>> chunks_of(const pond::Table& table, std::int64_t snapshot, const std::string& document,
                                         Context& context) {
  std::vector<std::string> columns = {"ordinal", "text"};
  for (const char* name : {"parent_ordinal", "heading_path"})
    if (find_field(table.schema(), name)) columns.emplace_back(name);
  std::vector<Neighbour> chunks;
  MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_parent", document, snapshot, context));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, columns, context));
  for (const Batch& batch : batches) {
    const auto texts = std::dynamic_pointer_cast<arrow::StringArray>(batch->GetColumnByName("text"));
    const auto ordinals = batch->GetColumnByName("ordinal");
    const auto wholes = batch->GetColumnByName("parent_ordinal"), paths = batch->GetColumnByName("heading_path");
    for (std::int64_t i = 0; texts && ordinals && i < batch->num_rows(); ++i) {
      chunks.push_back({whole_number(*ordinals, i), wholes ? whole_number(*wholes, i) : -1, texts->GetString(i),
                        paths ? texts_at(*paths, i) : std::vector<std::string>()});
    }
  }
  std::sort(chunks.begin(), chunks.end(), [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
  return chunks;
}

using Documents = std::map<std::string, std::vector<Neighbour>>;

Result<const std::vector<Neighbour>*> document_of(const Passage& passage, const pond::Table& table,
                                                  std::int64_t snapshot, Documents& documents, Context& context) {
  if (!find_field(table.schema(), "ordinal") || !find_field(table.schema(), "_parent") ||
      !find_field(table.schema(), "text")) {
    return invalid("the rows of this table have no neighbours: ", table.name())
        .hint("Chunks have: they know their document and their place in it.");
  }
  const auto [at, added] = documents.try_emplace(passage.document);
  if (added) { MP_ASSIGN(at->second, chunks_of(table, snapshot, passage.document, context)); }
  return &at->second;
}

void join(std::string& text, const std::string& more) { text += (text.empty() ? "" : "\n\n") + more; }

/// Cut between characters, keeping the end or the beginning.
std::string_view cut(std::string_view text, std::size_t bytes, bool keep_end) {
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  if (text.size() <= bytes) return text;
  std::size_t at = keep_end ? text.size() - bytes : bytes;
  while (at > 0 && inside(at)) keep_end ? ++at : --at;
  return keep_end ? text.substr(at) : text.substr(0, at);
}

/// Sets the text around a passage from its section, and which chunks that took.
void surround(Passage& passage, const std::vector<Neighbour>& chunks, std::vector<std::int64_t>& taken) {
  const auto own = std::find_if(chunks.begin(), chunks.end(),
                                [&](const Neighbour& each) { return each.ordinal == passage.ordinal; });
  if (own == chunks.end()) return;
  const auto with_ordinal = [&](std::int64_t ordinal) {
    return std::find_if(chunks.begin(), chunks.end(), [&](const Neighbour& each) { return each.ordinal == ordinal; });
  };
  if (const auto whole = own->whole >= 0 ? with_ordinal(own->whole) : chunks.end(); whole != chunks.end()) {
    const std::string_view text = whole->text;
    const std::size_t at = text.find(own->text);
    const bool inside = at != std::string_view::npos;
    passage.before = cut(inside ? text.substr(0, at) : std::string_view(), kSectionBytesMax / 2, true);
    passage.after = cut(inside ? text.substr(at + own->text.size()) : text, kSectionBytesMax / 2, false);
    taken.push_back(whole->ordinal);
    for (const Neighbour& each : chunks)
      if (each.whole == whole->ordinal) taken.push_back(each.ordinal);
    return;
  }
  // Parts of the passage itself say nothing new, and their like elsewhere neither.
  const auto same = [&](const Neighbour& each) { return each.whole < 0 && each.headings == own->headings; };
  std::size_t size_bytes = 0;
  auto first = own, last = own;
  for (bool grown = true; grown;) {
    grown = false;
    if (first != chunks.begin() && same(*(first - 1)) && size_bytes + (first - 1)->text.size() <= kSectionBytesMax) {
      size_bytes += (--first)->text.size();
      grown = true;
    }
    if (last + 1 != chunks.end() && same(*(last + 1)) && size_bytes + (last + 1)->text.size() <= kSectionBytesMax) {
      size_bytes += (++last)->text.size();
      grown = true;
    }
  }
  for (auto each = first; each != last + 1; ++each) {
    taken.push_back(each->ordinal);
    if (each != own) join(each < own ? passage.before : passage.after, each->text);
  }
  for (const Neighbour& each : chunks)
    if (each.whole == own->ordinal) taken.push_back(each.ordinal);
}

}  // namespace

void diversify(const index::Searcher& searcher, std::vector<index::Hit>& hits, int limit, double diverse) {
  if (hits.empty() || diverse <= 0) return;
  const auto [low, high] =
      std::minmax_element(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.score < b.score; });
  const double lowest = low->score, range = high->score > lowest ? high->score - lowest : 1;
  std::vector<std::vector<float>> vectors;
  for (const index::Hit& hit : hits)
    vectors.push_back(vector_of(*searcher.segments()[static_cast<std::size_t>(hit.segment)], hit.row));
  std::vector<double> repeated(hits.size(), 0);  // the most that it repeats of a chosen one
  std::vector<bool> taken(hits.size(), false);
  std::vector<index::Hit> chosen;
  while (chosen.size() < std::min(hits.size(), static_cast<std::size_t>(limit))) {
    std::size_t best = hits.size();
    double best_value = 0;
    for (std::size_t i = 0; i < hits.size(); ++i) {
      if (taken[i]) continue;
      const double value = (1 - diverse) * (hits[i].score - lowest) / range - diverse * repeated[i];
      if (best == hits.size() || value > best_value) best = i, best_value = value;
    }
    taken[best] = true;
    chosen.push_back(hits[best]);
    for (std::size_t i = 0; i < hits.size(); ++i)
      if (!taken[i]) repeated[i] = std::max(repeated[i], product(vectors[best], vectors[i]));
  }
  hits = std::move(chosen);
}

Status add_neighbours(const pond::Table& table, std::int64_t snapshot, int count, std::vector<Passage>& passages,
                      Context& context) {
  Documents documents;
  for (Passage& passage : passages) {
    MP_ASSIGN(const auto* chunks, document_of(passage, table, snapshot, documents, context));
    for (const Neighbour& each : *chunks) {
      const std::int64_t distance = each.ordinal - passage.ordinal;
      if (distance == 0 || std::abs(distance) > count) continue;
      join(distance < 0 ? passage.before : passage.after, each.text);
    }
  }
  return {};
}

Status add_sections(const pond::Table& table, std::int64_t snapshot, int limit, std::vector<Passage>& passages,
                    Context& context) {
  Documents documents;
  std::set<std::pair<std::string, std::int64_t>> told;
  std::vector<Passage> kept;
  for (Passage& passage : passages) {
    if (kept.size() == static_cast<std::size_t>(limit)) break;
    MP_ASSIGN(const auto* chunks, document_of(passage, table, snapshot, documents, context));
    if (told.contains({passage.document, passage.ordinal})) continue;
    std::vector<std::int64_t> taken;
    surround(passage, *chunks, taken);
    for (const std::int64_t ordinal : taken) told.emplace(passage.document, ordinal);
    kept.push_back(std::move(passage));
  }
  passages = std::move(kept);
  return {};
}

Status check_model(const index::Searcher& searcher, model::Embedder& embedder, Context& context) {
  const auto refused = [&](const auto& what) {
    return invalid("the vectors of the index were not made by the model that pond.yaml names: ", what)
        .hint("`millpond build` makes them again; or search by words (--by words), or name the former model.");
  };
  if (embedder.dimensions() != searcher.dimensions()) {
    return refused(std::to_string(searcher.dimensions()) + " dimensions, the model has " +
                   std::to_string(embedder.dimensions()));
  }
  int tried = 0;
  double best = -1;
  for (const auto& segment : searcher.segments()) {
    const int column = segment->stored_column("text");
    for (std::int64_t row = 0; column >= 0 && row < segment->info().rows && tried < kTriedRows; ++row) {
      const std::vector<float> stored = vector_of(*segment, row);
      if (stored.empty()) continue;
      MP_ASSIGN(const index::StoredRow values, segment->stored(row));
      const auto* text = std::get_if<std::string>(&values[static_cast<std::size_t>(column)]);
      if (text == nullptr || text->empty()) continue;
      ++tried;
      std::vector<float> made(stored.size());
      const std::string_view view = *text;
      MP_TRY(embedder.embed(std::span(&view, 1), made.data(), context));
      double square = 0;
      for (const float value : made) square += double{value} * value;
      best = std::max(best, product(stored, made) / std::sqrt(std::max(square, 1e-30)));
      if (best >= kSameModelMin) return {};
    }
  }
  return tried == 0 ? Status() : refused("the same text has another vector, cosine " + std::to_string(best));
}

}  // namespace millpond::ask
