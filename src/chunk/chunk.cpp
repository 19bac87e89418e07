// The chunk operator: documents in, passages out. Rules and columns: docs/formats/chunks.md.
#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>

#include <algorithm>
#include <optional>

#include "chunk/element_column.h"
#include "chunk/likeness.h"
#include "millpond/chunk/chunker.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"

namespace millpond::chunk {
namespace {

/// Appends one value to the builder of `boxes`.
arrow::Status append_boxes(arrow::ArrayBuilder* builder, const std::vector<PageBox>& boxes) {
  auto* list = dynamic_cast<arrow::ListBuilder*>(builder);
  auto* item = list ? dynamic_cast<arrow::StructBuilder*>(list->value_builder()) : nullptr;
  if (item == nullptr) return arrow::Status::Invalid("boxes are of another type");
  ARROW_RETURN_NOT_OK(list->Append());
  for (const PageBox& box : boxes) {
    ARROW_RETURN_NOT_OK(item->Append());
    ARROW_RETURN_NOT_OK(static_cast<arrow::Int32Builder*>(item->field_builder(0))->Append(box.page));
    const float corners[] = {box.box.x0, box.box.y0, box.box.x1, box.box.y1};
    for (int i = 0; i < 4; ++i) {
      ARROW_RETURN_NOT_OK(static_cast<arrow::FloatBuilder*>(item->field_builder(i + 1))->Append(corners[i]));
    }
  }
  return arrow::Status::OK();
}

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
      MP_TRY(reserve_text(out));
      std::int32_t ordinal = 0;
      MP_TRY(chunker_->split(elements_, title[row], [&](const Chunk& chunk) {
        MP_TRY(context.check());
        return emit(chunk, ordinal++, row, out);
      }));
      if (ordinal == 0) out.emit_none(row);
      constexpr std::size_t kKeptElements = 10'000;
      if (elements_.capacity() > kKeptElements) elements_ = {};
    }
    return {};
  }

 private:
  static Status emit(const Chunk& chunk, std::int32_t ordinal, std::int64_t row, Output& out) {
    Row made = out.emit(row);
    made.set("ordinal", ordinal)
        .set("text", chunk.text)
        .set("heading_path", std::span<const std::string>(chunk.heading_path))
        .set("titles", std::span<const std::int32_t>(chunk.titles))
        .set("first_element", chunk.first_element)
        .set("last_element", chunk.last_element)
        .set("first_char", chunk.first_char)
        .set("last_char", chunk.last_char)
        .set("first_page", chunk.first_page)
        .set("last_page", chunk.last_page)
        .set("tokens", chunk.tokens);
    if (chunk.parent >= 0) made.set("parent_ordinal", chunk.parent);
    const arrow::Status appended = append_boxes(out.builder("boxes"), chunk.boxes);
    return appended.ok() ? Status() : exhausted("column boxes: ", appended.message());
  }

  /// A builder that grows by itself holds up to three times its content while it grows.
  Status reserve_text(Output& out) const {
    std::int64_t size_bytes = 0;
    for (const Element& element : elements_) size_bytes += static_cast<std::int64_t>(element.text.size());
    constexpr std::int64_t kLargeBytes = 1 << 20;
    auto* text = dynamic_cast<arrow::StringBuilder*>(out.builder("text"));
    if (text == nullptr || size_bytes < kLargeBytes) return {};
    const arrow::Status status = text->ReserveData(size_bytes);
    return status.ok() ? Status() : exhausted("column text: ", status.message());
  }

  const Rules rules_;
  const std::string tokenizer_, model_;
  std::optional<Chunker> chunker_;
  std::vector<Element> elements_;
};

Type elements_type() {
  const Type box = structure({{"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}});
  return list(structure(
      {{"kind", utf8()}, {"level", int32()}, {"text", utf8()}, {"page", int32()}, {"box", box}, {"html", utf8()}}));
}

Type boxes_type() {
  return list(
      structure({{"page", int32()}, {"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}}));
}

Result<std::unique_ptr<Operator>> make_chunk(const Options& options) {
  const auto bounded = [&](std::string_view name) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(options.integer(name), -1, 2'000'000));
  };
  Rules rules;
  rules.tokens_max = bounded("tokens_max");
  rules.tokens_min = std::min(bounded("tokens_min"), rules.tokens_max);
  rules.tokens_overlap = bounded("tokens_overlap");
  rules.mode = mode_from_name(options.text("by")).value_or(Mode::kStructure);
  MP_TRY(Chunker::make(nullptr, rules));
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
    .adds = {{"ordinal", int32()},
             {"text", utf8()},
             {"heading_path", list(utf8())},
             {"titles", list(int32())},
             {"first_element", int32()},
             {"last_element", int32()},
             {"first_char", int32()},
             {"last_char", int32()},
             {"first_page", int32()},
             {"last_page", int32()},
             {"boxes", boxes_type()},
             {"tokens", int32()},
             {"parent_ordinal", int32()}},
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
