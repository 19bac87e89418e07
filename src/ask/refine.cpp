#include "ask/refine.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "index/row_scorer.h"
#include "millpond/flow/lookup.h"
#include "millpond/model/embedder.h"

namespace millpond::ask {
namespace {

constexpr int kTriedRows = 3;
// A text without its headings is still near its vector; vectors of two models have nothing to do with each other.
constexpr double kSameModelMin = 0.3;

std::vector<float> vector_of(const index::Segment& segment, std::int64_t row) {
  const index::SegmentView& view = segment.view();
  const index::VectorColumnView* column = view.find_vectors({});
  if (column == nullptr || column->declared.many || !column->has_vector(row)) return {};
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

struct Neighbour {
  std::int64_t ordinal = 0;
  std::string text;
};

Result<std::vector<Neighbour>> chunks_of(const pond::Table& table, std::int64_t snapshot, const std::string& document,
                                         Context& context) {
  std::vector<Neighbour> chunks;
  MP_ASSIGN(const auto parts, flow::rows_with_id(table, "_parent", document, snapshot, context));
  MP_ASSIGN(const auto batches, flow::read_all(table, parts, {"ordinal", "text"}, context));
  for (const Batch& batch : batches) {
    const auto* texts = dynamic_cast<const arrow::StringArray*>(batch->column(1).get());
    for (std::int64_t i = 0; texts != nullptr && i < batch->num_rows(); ++i) {
      const arrow::Array& ordinals = *batch->column(0);
      const std::int64_t ordinal = ordinals.type_id() == arrow::Type::INT32
                                       ? static_cast<const arrow::Int32Array&>(ordinals).Value(i)
                                       : static_cast<const arrow::Int64Array&>(ordinals).Value(i);
      chunks.push_back({ordinal, texts->GetString(i)});
    }
  }
  std::sort(chunks.begin(), chunks.end(), [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
  return chunks;
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
  if (!find_field(table.schema(), "ordinal") || !find_field(table.schema(), "_parent") ||
      !find_field(table.schema(), "text")) {
    return invalid("the rows of this table have no neighbours: ", table.name())
        .hint("Chunks have: they know their document and their place in it.");
  }
  std::map<std::string, std::vector<Neighbour>> documents;
  for (Passage& passage : passages) {
    const auto [at, added] = documents.try_emplace(passage.document);
    if (added) { MP_ASSIGN(at->second, chunks_of(table, snapshot, passage.document, context)); }
    for (const Neighbour& each : at->second) {
      const std::int64_t distance = each.ordinal - passage.ordinal;
      if (distance == 0 || std::abs(distance) > count) continue;
      std::string& side = distance < 0 ? passage.before : passage.after;
      side += (side.empty() ? "" : "\n\n") + each.text;
    }
  }
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
