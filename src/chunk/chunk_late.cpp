// The operator chunk_late: documents in, passages with vectors out that know the passages around them.
#include <arrow/array.h>

#include <optional>

#include "chunk/chunk_columns.h"
#include "chunk/element_column.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"

namespace millpond::chunk {
namespace {

/// What is read before its vectors are computed: many short documents fill a pass better than one.
constexpr std::size_t kPendingBytes = 1 << 20;

model::EmbedderOptions embedder_options(const Options& options) {
  model::EmbedderOptions out;
  out.model = options.text("model");
  out.precision = options.text("precision");
  return out;
}

class ChunkLate final : public Operator {
 public:
  ChunkLate(Rules rules, model::EmbedderOptions model) : rules_(rules), model_(std::move(model)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (!chunker_) {
      MP_ASSIGN(auto tokenizer, context.service<model::Tokenizers>()->get(model_.model));
      MP_ASSIGN(chunker_, Chunker::make(std::move(tokenizer), rules_));
      MP_ASSIGN(embedder_, model::open_embedder(model_, context));
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
      Document document{row, {}};
      MP_TRY(chunker_->split(elements_, title[row], [&](const Chunk& chunk) {
        pending_bytes_ += chunk.text.size();
        document.chunks.push_back(chunk);
        return context.check();
      }));
      if (document.chunks.empty())
        out.emit_none(row);
      else
        pending_.push_back(std::move(document));
      if (pending_bytes_ >= kPendingBytes) MP_TRY(embed_pending(out, context));
    }
    return embed_pending(out, context);
  }

 private:
  struct Document {
    std::int64_t row = 0;
    std::vector<Chunk> chunks;
  };

  Status embed_pending(Output& out, Context& context) {
    std::vector<std::vector<std::string_view>> texts;
    std::size_t passages = 0;
    for (const Document& document : pending_) {
      auto& own = texts.emplace_back();
      for (const Chunk& chunk : document.chunks) own.emplace_back(chunk.text);
      passages += own.size();
    }
    const auto width = static_cast<std::size_t>(embedder_->dimensions());
    std::vector<float> vectors(passages * width);
    MP_TRY(embedder_->embed_in_place(texts, vectors.data(), context));
    const float* vector = vectors.data();
    for (const Document& document : pending_) {
      std::int32_t ordinal = 0;
      for (const Chunk& chunk : document.chunks) {
        MP_TRY(emit_chunk(chunk, ordinal++, document.row, out,
                          [&](Row& made) { made.set("embedding", std::span<const float>(vector, width)); }));
        vector += width;
      }
    }
    pending_.clear();
    pending_bytes_ = 0;
    return {};
  }

  const Rules rules_;
  const model::EmbedderOptions model_;
  std::optional<Chunker> chunker_;
  std::shared_ptr<model::Embedder> embedder_;
  std::vector<Element> elements_;
  std::vector<Document> pending_;
  std::size_t pending_bytes_ = 0;
};

Schema columns_with_vector() {
  Schema columns = chunk_columns();
  columns.push_back({"embedding", list(float32())});
  return columns;
}

}  // namespace

MILLPOND_OPERATOR(chunk_late) = {
    .name = "chunk_late",
    .summary =
        "Splits documents into passages and gives each a vector that knows the text around it (late chunking); "
        "in the place of `chunk` and `embed`.",
    .version = 1,
    .reads = {{"elements", elements_type()}, {"title", utf8()}},
    .adds = columns_with_vector(),
    .options = {{"tokens_max", 128, "Most tokens of a chunk, counted by the model's tokenizer."},
                {"tokens_min", 32, "A smaller section is joined with the next one under the same title, if both fit."},
                {"tokens_overlap", 0, "Tokens that a chunk may repeat from the one before, in whole sentences."},
                {"model", "minilm-l6", "A model on this machine, by name or folder."},
                Option("precision", "auto", "Of the arithmetic: auto takes bf16 where the CPU has it.")
                    .one_of({"auto", "bf16", "f32"})},
    .make = [](const Options& options) -> Result<std::unique_ptr<Operator>> {
      MP_ASSIGN(const Rules rules, rules_of(options, Mode::kStructure));
      MP_TRY(model::find_model(options.text("model")));
      return std::unique_ptr<Operator>(std::make_unique<ChunkLate>(rules, embedder_options(options)));
    },
    .costly = true,
    .fingerprint_of = [](const Options& options) { return model::embedder_fingerprint(embedder_options(options)); },
};

}  // namespace millpond::chunk
