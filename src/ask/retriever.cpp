#include "millpond/ask/retriever.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "ask/refine.h"
#include "ask/rerank.h"
#include "millpond/flow/vector_column.h"
#include "millpond/index/query_text.h"
#include "millpond/index/table_index.h"
#include "millpond/model/embedder.h"
#include "millpond/model/vector_step.h"
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
    if (made == nullptr) continue;
    if (auto options = model::embedder_of(step)) return options;
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
  flow::RankingSpec ranking;
  mutable std::atomic<bool> model_checked{false};
  std::unique_ptr<index::RowFilter> filter;

  Status add_vector(const std::string& question, const SearchOptions& options, model::Embedder* embedder,
                    index::Query& query, Context& context) const;
  Status add_passages(const SearchOptions& options, const RereadHits& reread, Retrieval& retrieval) const;
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
    passage.feedback_score = hit.feedback;
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
  impl->ranking = planned->index->ranking;
  if (impl->opened.searcher->dimensions() > 0) impl->embedder = embedder_options(*planned);
  return std::unique_ptr<Retriever>(new Retriever(std::move(impl)));
}

bool Retriever::asks_service() const {
  return (impl_->embedder && !impl_->embedder->url.empty()) || !impl_->ranking.rerank_url.empty();
}

Result<std::shared_ptr<model::Embedder>> Retriever::embedder(Context& context) const {
  if (!impl_->embedder) return std::shared_ptr<model::Embedder>();
  return model::open_embedder(*impl_->embedder, context);
}

Status Retriever::Impl::add_vector(const std::string& question, const SearchOptions& options, model::Embedder* embedder,
                                   index::Query& query, Context& context) const {
  if (embedder == nullptr) {
    if (options.legs == index::Legs::kVector) {
      return invalid("the index has no vectors")
          .hint("Search by words, or add an `embed` step and `vector:` to the flow.");
    }
    query.legs = index::Legs::kWords;
    return {};
  }
  if (!model_checked) {
    MP_TRY(check_model(*opened.searcher, *embedder, context));
    model_checked = true;
  }
  query.vector.resize(static_cast<std::size_t>(embedder->dimensions()));
  const std::string words =
      options.syntax ? index::words_of(index::parse_query(question, opened.searcher->text_columns())) : question;
  const std::string_view text = words;
  return embedder->embed(std::span(&text, 1), query.vector.data(), context);
}

Status Retriever::Impl::add_passages(const SearchOptions& options, const RereadHits& reread,
                                     Retrieval& retrieval) const {
  for (const index::Hit& hit : retrieval.found.hits) {
    MP_ASSIGN(const index::StoredRow row, opened.searcher->stored(hit));
    retrieval.passages.push_back(passage(hit, row));
    Passage& passage = retrieval.passages.back();
    if (const auto read = reread.find({hit.segment, hit.row}); read != reread.end()) {
      passage.rerank_score = read->second.score;
      passage.found_rank = read->second.found_rank;
    }
    const index::Segment& segment = *opened.searcher->segments()[static_cast<std::size_t>(hit.segment)];
    for (const std::string& name : options.columns) {
      const int column = segment.stored_column(name);
      passage.columns.push_back(column < 0 ? std::string() : shown(row[static_cast<std::size_t>(column)]));
    }
    if (!options.marks) continue;
    MP_ASSIGN(passage.marks, opened.searcher->marks(retrieval.found, passage.text));
  }
  return {};
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
  query.legs = options.legs;
  query.fusion = options.fusion.value_or(index::FusionOptions{impl_->ranking.vector, impl_->ranking.feedback});
  const auto began = Clock::now();
  if (!options.where.empty()) {
    MP_ASSIGN(const auto sets, impl_->filter->rows(options.where, context));
    query.where = *sets;
    retrieval.filter_ms = milliseconds_since(began);
  }
  const auto started = Clock::now();
  if (options.legs != index::Legs::kWords) {
    MP_ASSIGN(const auto embedder, this->embedder(context));
    MP_TRY(impl_->add_vector(question, options, embedder.get(), query, context));
  }
  retrieval.embed_ms = milliseconds_since(started);
  const auto embedded = Clock::now();
  const model::RerankerOptions reranker = reranker_for(impl_->ranking, options.rerank);
  // A passage that stands in the section of a better one is no hit of its own, so that more are looked at.
  const int wanted = options.section ? std::min(1000, 3 * options.limit) : options.limit;
  query.limit = wanted;
  if (options.diverse > 0) query.limit = std::min(1000, std::max(50, 5 * wanted));
  if (!reranker.model.empty()) query.limit = std::max(query.limit, impl_->ranking.rerank_top);
  MP_ASSIGN(retrieval.found, impl_->opened.searcher->search(query));
  std::vector<index::Hit>& hits = retrieval.found.hits;
  RereadHits reread;
  if (!reranker.model.empty()) {
    const auto reading = Clock::now();
    MP_ASSIGN(const auto model, model::open_reranker(reranker, context));
    const auto top = static_cast<std::size_t>(impl_->ranking.rerank_top);
    const std::string asked =
        options.syntax ? index::words_of(index::parse_query(question, impl_->opened.searcher->text_columns()))
                       : question;
    MP_ASSIGN(reread, rerank(*impl_->opened.searcher, asked, *model, top, hits, context));
    retrieval.reranker = reranker.model;
    retrieval.rerank_ms = milliseconds_since(reading);
  }
  diversify(*impl_->opened.searcher, hits, wanted, options.diverse);
  if (hits.size() > static_cast<std::size_t>(wanted)) hits.resize(static_cast<std::size_t>(wanted));
  MP_TRY(impl_->add_passages(options, reread, retrieval));
  if (options.section) {
    MP_TRY(add_sections(*impl_->table, impl_->opened.snapshot, options.limit, retrieval.passages, context));
  } else if (options.neighbours > 0) {
    MP_TRY(add_neighbours(*impl_->table, impl_->opened.snapshot, options.neighbours, retrieval.passages, context));
  }
  retrieval.search_ms = milliseconds_since(embedded) - retrieval.rerank_ms;
  return retrieval;
}

}  // namespace millpond::ask
