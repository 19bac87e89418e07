// The chunk operator: documents in, passages out. Rules and columns: docs/formats/chunks.md.
#include <arrow/array.h>

#include <optional>

#include "chunk/chunk_columns.h"
#include "chunk/element_column.h"
#include "chunk/likeness.h"
#include "millpond/chunk/chunker.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"

namespace millpond::chunk {
namespace {

class ChunkOperator final : public Operator {
 public:
  ChunkOperator(Rules rules, std::string tokenizer, std::string model)
      : rules_(rules), tokenizer_(std::move(tokenizer)), model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (!chunker_) {
      MP_ASSIGN(auto tokenizer, context.service<model::Tokenizers>()->get(tokenizer_));
      MP_ASSIGN(chunker_, Chunker::make(std::move(tokenizer), rules_));
      if (rules_.mode == Mode::kSemantic) {
        model::EmbedderOptions options;
        options.model = model_;
        MP_ASSIGN(auto embedder, model::open_embedder(options, context));
        chunker_->set_likeness([embedder, &context](std::span<const std::string> texts, std::vector<float>& to_next) {
          return likeness_of(*embedder, texts, to_next, context);
        });
      }
    }
    const auto elements = in.column("elements");
    const Utf8Column title = in.utf8("title");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      if (elements->IsNull(row)) {
        out.reject(row, Code::kInvalidArgument, "document has no elements: null");
        continue;
      }
      MP_TRY(read_elements(*elements, row, elements_));
      MP_TRY(reserve_text(elements_, out));
      std::int32_t ordinal = 0;
      MP_TRY(chunker_->split(elements_, title[row], [&](const Chunk& chunk) {
        MP_TRY(context.check());
        return emit_chunk(chunk, ordinal++, row, out);
      }));
      if (ordinal == 0) out.emit_none(row);
      constexpr std::size_t kKeptElements = 10'000;
      if (elements_.capacity() > kKeptElements) elements_ = {};
    }
    return {};
  }

 private:
  const Rules rules_;
  const std::string tokenizer_, model_;
  std::optional<Chunker> chunker_;
  std::vector<Element> elements_;
};

Result<std::unique_ptr<Operator>> make_chunk(const Options& options) {
  MP_ASSIGN(const Rules rules, rules_of(options, mode_from_name(options.text("by")).value_or(Mode::kStructure)));
  MP_TRY(model::find_model(options.text("tokenizer")));
  return std::unique_ptr<Operator>(
      std::make_unique<ChunkOperator>(rules, options.text("tokenizer"), options.text("model")));
}

}  // namespace

MILLPOND_OPERATOR(chunk) = {
    .name = "chunk",
    .summary = "Splits documents into passages that fit a token budget, along their structure.",
    .version = 4,
    .reads = {{"elements", elements_type()}, {"title", utf8()}},
    .adds = chunk_columns(),
    .options = {{"tokens_max", 256, "Most tokens of a chunk, counted by the tokenizer."},
                {"tokens_min", 64, "A smaller section is joined with the next one under the same title, if both fit."},
                {"tokens_overlap", 0, "Tokens that a chunk may repeat from the one before, in whole sentences."},
                {"tokenizer", "minilm-l6", "The model whose tokens are counted: a name, or a path to its folder."},
                Option("by", "structure", "Where chunks end; docs/formats/chunks.md says when to use which.")
                    .one_of({"structure", "sentence", "fixed", "recursive", "page", "title", "table_rows", "code",
                             "semantic", "hierarchical", "contextual"}),
                {"model", "minilm-l6", "by: semantic. The embedding model that tells where the meaning changes."}},
    .make = make_chunk,
    .fingerprint_of = [](const Options& options) -> Result<std::string> {
      MP_ASSIGN(const std::string folder, model::find_model(options.text("tokenizer")));
      MP_ASSIGN(std::string fingerprint, model::Tokenizer::fingerprint_of(folder));
      if (options.text("by") != "semantic") return fingerprint;
      model::EmbedderOptions embedder;
      embedder.model = options.text("model");
      MP_ASSIGN(const std::string own, model::embedder_fingerprint(embedder));
      return fingerprint + own;
    },
};

}  // namespace millpond::chunk
