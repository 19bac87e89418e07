#include "millpond/ask/retriever.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "ask/refine.h"
#include "millpond/flow/vector_column.h"
#include "millpond/index/query_text.h"
#include "millpond/index/table_index.h"
#include "millpond/model/embedder.h"
#include "millpond/row_hash.h"

namespace millpond::ask {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The options of the step that made the index's vectors, so that the question gets its vector in the same way.
std::optional<model::EmbedderOptions> embedder_options(const flow::PlannedTable& table) {
  for (const Step& step : table.chain.steps()) {
    const Field* made = find_field(step.def->adds, flow::first_vector(table.index->vector));
    if (!made || step.def->name != "embed") continue;
    model::EmbedderOptions options;
    options.model = step.options.text("model");
    options.precision = step.options.text("precision");
    options.tokens_max = static_cast<int>(step.options.integer("tokens_max"));
    options.url = step.options.text("url");
    options.key_env = step.options.text("key_env");
    options.dimensions = static_cast<int>(step.options.integer("dimensions"));
    options.requests_per_minute = static_cast<int>(step.options.integer("requests_per_minute"));
    return options;
  }
  return std::nullopt;
}

std::string text_of(const index::StoredValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return {};
}
std::int64_t number_of(const index::StoredValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return 0;
}

std::string shown(const index::StoredValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return text_of(value);
}

/// Code point positions → byte positions; both ascending.
std::vector<std::uint32_t> byte_positions(std::string_view text, const std::vector<std::int64_t>& chars) {
  std::vector<std::uint32_t> bytes;
  std::int64_t seen = 0;
  std::uint32_t at = 0;
  for (const std::int64_t wanted : chars) {
    const auto is_continuation = [&] { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    while (at < text.size() && (seen < wanted || is_continuation())) seen += !is_continuation(), ++at;
    bytes.push_back(at);
  }
  return bytes;
}

}  // namespace

struct Retriever::Impl {
  std::shared_ptr<pond::Pond> pond;
  index::SegmentCache cache;
  index::TableSearcher opened;
  std::optional<model::EmbedderOptions> embedder;
  std::optional<pond::Table> table;
  Schema schema;
  mutable std::atomic<bool> model_checked{false};
  std::unique_ptr<index::RowFilter> filter;

  Passage passage(const index::Hit& hit, const index::StoredRow& row) const {
    const index::Segment& segment = *opened.searcher->segments()[static_cast<std::size_t>(hit.segment)];
    static const index::StoredValue none;
    const auto column = [&](std::string_view name) -> const index::StoredValue& {
      const int at = segment.stored_column(name);
      return at < 0 ? none : row[static_cast<std::size_t>(at)];
    };
    Passage passage;
    passage.row = row_id_from(text_of(column("_row"))).hex();
    passage.document = row_id_from(text_of(column("_parent"))).hex();
    passage.text = text_of(column("text"));
    passage.uri = text_of(column("uri"));
    if (const std::string part = text_of(column("part")); !part.empty()) passage.uri += "#" + part;
    passage.title = text_of(column("title"));
    if (const auto* path = std::get_if<std::vector<std::string>>(&column("heading_path"))) passage.heading_path = *path;
    if (const auto* titles = std::get_if<std::vector<std::int64_t>>(&column("titles"))) {
      passage.titles = byte_positions(passage.text, *titles);
    }
    passage.ordinal = number_of(column("ordinal"));
    passage.first_page = static_cast<int>(number_of(column("first_page")));
    passage.last_page = static_cast<int>(number_of(column("last_page")));
    passage.score = hit.score;
    passage.words_score = hit.words.score;
    passage.words_rank = hit.words.rank;
    passage.vector_score = hit.vector.score;
    passage.vector_rank = hit.vector.rank;
    return passage;
  }
};

Retriever::Retriever(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Retriever::~Retriever() = default;
std::int64_t Retriever::snapshot() const { return impl_->opened.snapshot; }
const Schema& Retriever::schema() const { return impl_->schema; }
std::int64_t Retriever::rows() const { return impl_->opened.searcher->rows(); }

Result<std::unique_ptr<Retriever>> Retriever::open(std::shared_ptr<pond::Pond> pond, const flow::Plan& plan,
                                                   const RetrieverOptions& options, Context& context) {
  const flow::PlannedTable* planned = nullptr;
  for (const flow::PlannedTable& table : plan.tables) {
    if (table.index && (options.table.empty() || table.spec.name == options.table) && !planned) planned = &table;
  }
  if (!planned) {
    return not_found("the flow has no index", options.table.empty() ? "" : " on table: ", options.table)
        .hint("Add one under `indexes:` in pond.yaml.");
  }
  MP_ASSIGN(const bool there, pond->has_table(planned->spec.name));
  if (!there) return not_found("nothing was built yet: ", planned->spec.name).hint("Run `millpond build` first.");
  MP_ASSIGN(const pond::Table table, pond->table(planned->spec.name));
  std::optional<std::int64_t> snapshot;
  if (!options.at.empty()) {
    MP_ASSIGN(const pond::Snapshot found, table.snapshot_at(options.at));
    snapshot = found.id;
  }
  auto impl = std::make_unique<Impl>();
  impl->pond = pond;
  MP_ASSIGN(impl->opened, index::open_table(*pond, *planned->index, table, snapshot, impl->cache, context));
  impl->schema = table.schema();
  impl->table = table;
  impl->filter = std::make_unique<index::RowFilter>(pond, table, impl->opened.snapshot, impl->opened.files);
  if (impl->opened.searcher->dimensions() > 0) impl->embedder = embedder_options(*planned);
  return std::unique_ptr<Retriever>(new Retriever(std::move(impl)));
}

bool Retriever::asks_service() const { return impl_->embedder && !impl_->embedder->url.empty(); }

Result<std::shared_ptr<model::Embedder>> Retriever::embedder(Context& context) const {
  if (!impl_->embedder) return std::shared_ptr<model::Embedder>();
  return model::open_embedder(*impl_->embedder, context);
}

Result<Retrieval> Retriever::find(const std::string& question, const SearchOptions& options, Context& context) const {
  if (options.limit < 1 || options.limit > 1000)
    return invalid("the number of passages must be 1 to 1000: ", options.limit);
  if (!(options.diverse >= 0 && options.diverse <= 1)) return invalid("diverse must be 0 to 1: ", options.diverse);
  if (options.neighbours < 0 || options.neighbours > 10)
    return invalid("the number of neighbours must be 0 to 10: ", options.neighbours);
  Retrieval retrieval;
  index::Query query;
  query.text = question;
  query.syntax = options.syntax;
  query.limit = options.limit;
  query.legs = options.legs;
  const auto began = Clock::now();
  if (!options.where.empty()) {
    MP_ASSIGN(const auto sets, impl_->filter->rows(options.where, context));
    query.where = *sets;
    retrieval.filter_ms = milliseconds_since(began);
  }
  const auto started = Clock::now();
  if (options.legs != index::Legs::kWords) {
    MP_ASSIGN(const auto embedder, this->embedder(context));
    if (embedder) {
      if (!impl_->model_checked) {
        MP_TRY(check_model(*impl_->opened.searcher, *embedder, context));
        impl_->model_checked = true;
      }
      query.vector.resize(static_cast<std::size_t>(embedder->dimensions()));
      const std::string words =
          options.syntax ? index::words_of(index::parse_query(question, impl_->opened.searcher->text_columns()))
                         : question;
      const std::string_view text = words;
      MP_TRY(embedder->embed(std::span(&text, 1), query.vector.data(), context));
    } else if (options.legs == index::Legs::kVector) {
      return invalid("the index has no vectors")
          .hint("Search by words, or add an `embed` step and `vector:` to the flow.");
    } else {
      query.legs = index::Legs::kWords;
    }
  }
  retrieval.embed_ms = milliseconds_since(started);
  const auto embedded = Clock::now();
  if (options.diverse > 0) query.limit = std::min(1000, std::max(50, 5 * options.limit));
  MP_ASSIGN(retrieval.found, impl_->opened.searcher->search(query));
  diversify(*impl_->opened.searcher, retrieval.found.hits, options.limit, options.diverse);
  for (const index::Hit& hit : retrieval.found.hits) {
    MP_ASSIGN(const index::StoredRow row, impl_->opened.searcher->stored(hit));
    retrieval.passages.push_back(impl_->passage(hit, row));
    Passage& passage = retrieval.passages.back();
    const index::Segment& segment = *impl_->opened.searcher->segments()[static_cast<std::size_t>(hit.segment)];
    for (const std::string& name : options.columns) {
      const int column = segment.stored_column(name);
      passage.columns.push_back(column < 0 ? std::string() : shown(row[static_cast<std::size_t>(column)]));
    }
    if (!options.marks) continue;
    MP_ASSIGN(passage.marks, impl_->opened.searcher->marks(retrieval.found, passage.text));
  }
  if (options.neighbours > 0) {
    MP_TRY(add_neighbours(*impl_->table, impl_->opened.snapshot, options.neighbours, retrieval.passages, context));
  }
  retrieval.search_ms = milliseconds_since(embedded);
  return retrieval;
}

}  // namespace millpond::ask
