// Finds texts that say what a benchmark asks in other words, by vectors of their passages.

#include <algorithm>
#include <memory>
#include <numeric>

#include "curate/benchmarks/benchmark_files.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

struct Question {
  std::string text;
  std::size_t benchmark = 0;
};

/// Passages of `words` words, each beginning half a passage after the one before; a short text is one passage.
void cut_passages(std::string_view text, std::size_t words, std::vector<std::string_view>& out) {
  out.clear();
  std::vector<std::size_t> begins, ends;
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && space(text[at])) ++at;
    if (at == text.size()) break;
    begins.push_back(at);
    while (at < text.size() && !space(text[at])) ++at;
    ends.push_back(at);
  }
  const std::size_t step = std::max<std::size_t>(1, words / 2);
  for (std::size_t first = 0; first < begins.size(); first += step) {
    const std::size_t last = std::min(first + words, begins.size()) - 1;
    out.push_back(text.substr(begins[first], ends[last] - begins[first]));
    if (last + 1 == begins.size()) break;
  }
}

float inner_product(const float* a, const float* b, std::size_t width) {
  float sums[8] = {};
  std::size_t at = 0;
  for (; at + 8 <= width; at += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[at + lane] * b[at + lane];
  }
  float sum = std::accumulate(sums, sums + 8, 0.0F);
  for (; at < width; ++at) sum += a[at] * b[at];
  return sum;
}

struct Closest {
  float similarity = -1;
  std::size_t question = 0;
};

class DecontaminateEmbedding final : public Operator {
 public:
  DecontaminateEmbedding(const Options& options, std::vector<Question> questions)
      : questions_(std::move(questions)),
        names_(benchmark_names(options.list("against"))),
        similarity_min_(options.number("similarity_min")),
        words_(static_cast<std::size_t>(options.integer("words"))),
        drop_(options.flag("drop")) {
    embedder_options_.model = options.text("model");
  }

  Status process(const Input& in, Output& out, Context& context) override {
    MP_TRY(open(context));
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      MP_TRY(context.check());
      MP_ASSIGN(const Closest closest, closest_to(text[row], context));
      const Question& question = questions_[closest.question];
      const bool found = closest.similarity >= similarity_min_;
      if (found && drop_) {
        out.drop(row, names_[question.benchmark]);
        continue;
      }
      Row made = out.emit(row);
      if (closest.similarity > -2) made.set("benchmark_similarity", closest.similarity);
      if (found) made.set("benchmark", names_[question.benchmark]).set("benchmark_text", question.text);
    }
    return {};
  }

 private:
  static constexpr std::size_t kTextsAtOnce = 256;

  Status open(Context& context) {
    if (embedder_) return {};
    MP_ASSIGN(embedder_, model::open_embedder(embedder_options_, context));
    width_ = static_cast<std::size_t>(embedder_->dimensions());
    vectors_.resize(questions_.size() * width_);
    for (std::size_t begin = 0; begin < questions_.size(); begin += kTextsAtOnce) {
      std::vector<std::string_view> texts;
      for (std::size_t i = begin; i < std::min(begin + kTextsAtOnce, questions_.size()); ++i) {
        texts.push_back(questions_[i].text);
      }
      MP_TRY(embedder_->embed(texts, &vectors_[begin * width_], context));
    }
    return {};
  }

  Result<Closest> closest_to(std::string_view text, Context& context) {
    Closest closest{.similarity = -2};
    cut_passages(text, words_, passages_);
    for (std::size_t begin = 0; begin < passages_.size(); begin += kTextsAtOnce) {
      const auto some = std::span(passages_).subspan(begin, std::min(kTextsAtOnce, passages_.size() - begin));
      passage_vectors_.resize(some.size() * width_);
      MP_TRY(embedder_->embed(some, passage_vectors_.data(), context));
      for (std::size_t passage = 0; passage < some.size(); ++passage) {
        for (std::size_t question = 0; question < questions_.size(); ++question) {
          const float similarity =
              inner_product(&passage_vectors_[passage * width_], &vectors_[question * width_], width_);
          if (similarity > closest.similarity) closest = {similarity, question};
        }
      }
    }
    return closest;
  }

  const std::vector<Question> questions_;
  const std::vector<std::string> names_;
  const double similarity_min_;
  const std::size_t words_;
  const bool drop_;
  model::EmbedderOptions embedder_options_;
  std::shared_ptr<model::Embedder> embedder_;
  std::size_t width_ = 0;
  std::vector<float> vectors_, passage_vectors_;
  std::vector<std::string_view> passages_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  if (options.list("against").empty()) {
    return invalid("`against` names no benchmark").hint("List files: .jsonl, or .txt by lines.");
  }
  const std::int64_t words = options.integer("words"), shortest = options.integer("chars_min");
  if (words < 4 || words > 1000) return invalid("words must be between 4 and 1000: ", words);
  const double least = options.number("similarity_min");
  if (!(least > 0 && least <= 1)) return invalid("similarity_min must be above 0, at most 1: ", least);
  MP_TRY(model::find_model(options.text("model")));
  std::vector<Question> questions;
  std::size_t number = 0;
  for (const std::string& path : options.list("against")) {
    MP_TRY(each_benchmark_text(path, [&](std::string_view text) {
      if (static_cast<std::int64_t>(text.size()) >= shortest) questions.push_back({std::string(text), number});
    }));
    ++number;
  }
  if (questions.empty()) return invalid("no text of the benchmarks has so many bytes: ", shortest);
  return std::make_unique<DecontaminateEmbedding>(options, std::move(questions));
}

Result<std::string> fingerprint(const Options& options) {
  model::EmbedderOptions embedder;
  embedder.model = options.text("model");
  MP_ASSIGN(const std::string files, hash_benchmarks(options));
  MP_ASSIGN(const std::string weights, model::embedder_fingerprint(embedder));
  return files + weights;
}

}  // namespace

MILLPOND_OPERATOR(decontaminate_embedding) = {
    .name = "decontaminate_embedding",
    .summary = "Drops texts with a passage that means what a benchmark asks, in whatever words.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"benchmark_similarity", float32()}, {"benchmark", utf8()}, {"benchmark_text", utf8()}},
    .options = {{"against", std::vector<std::string>{},
                 "The benchmarks' files: .jsonl (every text in it), others by lines."},
                {"similarity_min", 0.8, "Drop texts with a passage whose cosine with a question is at least this."},
                {"words", 16, "Of a passage; each begins half a passage after the one before."},
                {"chars_min", 20, "Shorter texts of the benchmarks (such as an answer `4`) do not count; bytes."},
                {"model", "minilm-l6", "A sentence model on this machine, by name or folder."},
                {"drop", true, "`false` keeps all texts, with what was found as columns."}},
    .make = make,
    .costly = true,
    .fingerprint_of = fingerprint,
};

}  // namespace millpond::curate
