// The operator that gives each passage its vector.

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <string>
#include <vector>

#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"
#include "model/embed_options.h"

namespace millpond::model {

EmbedderOptions embed_options(const Options& options) {
  EmbedderOptions out;
  out.model = options.text("model");
  out.precision = options.text("precision");
  out.tokens_max = static_cast<int>(options.integer("tokens_max"));
  out.url = options.text("url");
  out.key_env = options.text("key_env");
  out.dimensions = static_cast<int>(options.integer("dimensions"));
  out.batch = static_cast<int>(options.integer("batch"));
  out.requests_per_minute = static_cast<int>(options.integer("requests_per_minute"));
  return out;
}

namespace {

/// The headings above a passage, then the passage.
std::string with_headings(const arrow::ListArray& paths, std::int64_t row, std::string_view text) {
  std::string joined;
  if (!paths.IsNull(row)) {
    const auto& headings = static_cast<const arrow::StringArray&>(*paths.values());
    for (std::int64_t i = paths.value_offset(row); i < paths.value_offset(row + 1); ++i) {
      if (headings.IsNull(i) || headings.GetView(i).empty()) continue;
      if (!joined.empty()) joined += " > ";
      joined += headings.GetView(i);
    }
  }
  if (!joined.empty()) joined += "\n\n";
  joined += text;
  return joined;
}

class Embed final : public Operator {
 public:
  Embed(EmbedderOptions options, bool headings) : options_(std::move(options)), headings_(headings) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (embedder_ == nullptr) { MP_ASSIGN(embedder_, open_embedder(options_, context)); }
    const Utf8Column text = in.utf8("text");
    std::vector<std::int64_t> rows;
    std::vector<std::string> joined;
    std::vector<std::string_view> texts;
    joined.reserve(static_cast<std::size_t>(in.rows()));  // views into it must stay
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (text.null(row) || text[row].empty()) {
        out.reject(row, Code::kInvalidArgument, "text is empty");
        continue;
      }
      rows.push_back(row);
      texts.push_back(text[row]);
      if (!headings_) continue;
      joined.push_back(with_headings(static_cast<const arrow::ListArray&>(*in.column("heading_path")), row, text[row]));
      texts.back() = joined.back();
    }
    return embed(rows, texts, out, context);
  }

 private:
  /// A service refuses a whole request for one text that it does not like: halves find that text.
  Status embed(std::span<const std::int64_t> rows, std::span<const std::string_view> texts, Output& out,
               Context& context) {
    if (rows.empty()) return {};
    const auto width = static_cast<std::size_t>(embedder_->dimensions());
    std::vector<float> vectors(texts.size() * width);
    Status status = embedder_->embed(texts, vectors.data(), context);
    if (status.ok()) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        out.emit(rows[i]).set("embedding", std::span<const float>(vectors.data() + i * width, width));
      }
      return {};
    }
    if (status.code() != Code::kInvalidArgument || refusals_ >= kRefusalsMax) return status;
    if (rows.size() == 1) {
      ++refusals_;
      out.reject(rows[0], status.code(), status.message());
      return {};
    }
    const std::size_t half = rows.size() / 2;
    MP_TRY(embed(rows.first(half), texts.first(half), out, context));
    return embed(rows.subspan(half), texts.subspan(half), out, context);
  }

  // Beyond so many refused texts the request itself is wrong (a model's name, a parameter), so the build should stop.
  static constexpr int kRefusalsMax = 100;

  const EmbedderOptions options_;
  const bool headings_;
  std::shared_ptr<Embedder> embedder_;
  int refusals_ = 0;
};

Result<std::unique_ptr<Operator>> make_embed(const Options& options) {
  EmbedderOptions embedder = embed_options(options);
  if (embedder.url.empty()) MP_TRY(find_model(embedder.model));
  return std::unique_ptr<Operator>(std::make_unique<Embed>(std::move(embedder), options.text("context") == "headings"));
}

}  // namespace

MILLPOND_OPERATOR(embed) = {
    .name = "embed",
    .summary = "Gives each passage the vector that search compares.",
    .version = 1,
    .reads = {{"text", utf8()}, {"heading_path", list(utf8())}},
    .adds = {{"embedding", list(float32())}},
    .options = {{"model", "minilm-l6",
                 "A model on this machine, by name or folder; with `url`, the service's name of it."},
                Option("context", "none", "What is embedded with the passage: nothing, or the headings above it.")
                    .one_of({"none", "headings"}),
                {"tokens_max", 0, "Tokens of a passage that count; 0: as many as the model was trained for."},
                Option("precision", "auto", "Of the arithmetic: auto takes bf16 where the CPU has it.")
                    .one_of({"auto", "bf16", "f32"}),
                {"url", "", "An OpenAI-compatible service, such as http://localhost:8080/v1; empty: on this machine."},
                {"key_env", "", "Name of the environment variable that holds the service's key."},
                {"dimensions", 0, "Asked of the service, if it can shorten its vectors; 0: its own."},
                {"batch", 64, "Texts a request to the service."},
                {"requests_per_minute", 0, "To the service; 0: no limit."}},
    .make = make_embed,
    .costly = true,
    .fingerprint_of = [](const Options& options) { return embedder_fingerprint(embed_options(options)); },
};

}  // namespace millpond::model
