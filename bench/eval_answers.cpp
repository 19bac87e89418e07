// Whether quoted answers hold the answer, and whether questions without one in the documents are told apart.
//
//   MILLPOND_DATA=<folder> bench_eval_answers [features.tsv]
//
// XQuAD (<folder>/judged/xquad_en) is cut in two by article. Every question is asked of the half that holds its
// paragraph (there is an answer) and of the other half (there is none). The second half of the questions of each kind
// is reported apart: nothing was fitted to it.

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "millpond/ask/answer.h"
#include "millpond/model/embedder.h"

namespace millpond::bench {
namespace {

struct Paragraph {
  std::string id, title, text;
};
struct Question {
  std::string id, text, paragraph;
  std::vector<std::string> answers;
};

std::vector<nlohmann::json> read_json_lines(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

Result<std::vector<float>> embed(model::Embedder& embedder, const std::vector<std::string>& texts, Context& context) {
  std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(texts.size() * static_cast<std::size_t>(embedder.dimensions()));
  MP_TRY(embedder.embed(views, vectors.data(), context));
  return vectors;
}

Result<std::unique_ptr<index::Searcher>> make_searcher(const std::vector<Paragraph>& paragraphs,
                                                       model::Embedder& embedder, const std::string& path,
                                                       Context& context) {
  std::vector<std::string> texts;
  for (const Paragraph& p : paragraphs) texts.push_back(p.title + "\n" + p.text);
  MP_ASSIGN(const std::vector<float> vectors, embed(embedder, texts, context));
  arrow::StringBuilder titles, bodies;
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), values);
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    (void)titles.Append(paragraphs[i].title);
    (void)bodies.Append(paragraphs[i].text);
    (void)lists.Append();
    (void)values->AppendValues(vectors.data() + i * static_cast<std::size_t>(embedder.dimensions()),
                               embedder.dimensions());
  }
  const auto schema = arrow::schema({arrow::field("title", arrow::utf8()), arrow::field("text", arrow::utf8()),
                                     arrow::field("embedding", arrow::list(arrow::float32()))});
  const auto batch = arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(paragraphs.size()),
                                              {*titles.Finish(), *bodies.Finish(), *lists.Finish()});
  MP_ASSIGN(auto builder,
            index::SegmentBuilder::create(path, {.text = {{"title", 1}, {"text", 1}}, .vectors = {{"embedding"}}}));
  MP_TRY(builder->add(*batch));
  MP_TRY(builder->finish());
  index::SegmentCache cache;
  return index::Searcher::open({{path, nullptr}}, cache);
}

struct Counts {
  int answered_right = 0, answered_wrong = 0, kept_silent = 0, refused = 0;  // with an answer; without one
  int holds_one = 0, holds_three = 0, questions = 0;
  double words = 0;
};

void print(const char* name, const Counts& c) {
  std::printf("%-12s with an answer: %d answered, %d refused; without: %d refused, %d answered; accuracy %.3f\n", name,
              c.answered_right, c.kept_silent, c.refused, c.answered_wrong,
              double(c.answered_right + c.refused) / (c.answered_right + c.kept_silent + c.refused + c.answered_wrong));
  std::printf("%-12s the quote holds the answer: 1 sentence %.3f, up to 3 %.3f (%.0f words on average)\n", "",
              double(c.holds_one) / c.questions, double(c.holds_three) / c.questions, c.words / c.questions);
}

bool holds(const ask::Answer& answer, const Question& question) {
  for (std::size_t i = 0; i < answer.sentences.size(); ++i) {
    for (const std::string& text : question.answers) {
      if (answer.sentences[i].text.find(text) != std::string::npos) return true;
    }
  }
  return false;
}

Status run(const std::filesystem::path& folder, const char* features) {
  std::vector<Paragraph> halves[2];
  std::map<std::string, int> half_of_title, half_of;
  for (const auto& line : read_json_lines(folder / "xquad_en" / "corpus.jsonl")) {
    const int next = static_cast<int>(half_of_title.size() % 2);
    const int half = half_of_title.emplace(line["title"], next).first->second;
    half_of[line["_id"]] = half;
    halves[half].push_back({line["_id"], line["title"], line["text"]});
  }
  std::map<std::string, Question> by_id;
  for (const auto& line : read_json_lines(folder / "xquad_en" / "queries.jsonl"))
    by_id[line["_id"]] = {line["_id"], line["text"], "", {}};
  for (const auto& line : read_json_lines(folder / "xquad_en_answers.jsonl")) {
    Question& question = by_id[line["_id"]];
    question.paragraph = line["doc"];
    for (const auto& answer : line["answers"]) question.answers.push_back(answer["text"]);
  }
  std::vector<Question> questions;
  std::vector<std::string> texts;
  for (const auto& [id, question] : by_id) {
    questions.push_back(question);
    texts.push_back(question.text);
  }
  Context context;
  context.set_threads(2);
  MP_ASSIGN(const auto embedder, model::open_embedder({}, context));
  MP_ASSIGN(const std::vector<float> vectors, embed(*embedder, texts, context));
  const auto size = static_cast<std::size_t>(embedder->dimensions());
  MP_ASSIGN(const auto answerer, ask::Answerer::make({}));
  ask::AnswerOptions never_silent;
  never_silent.probability_min = 0;
  MP_ASSIGN(const auto quoter, ask::Answerer::make(never_silent));
  never_silent.sentences_max = 1;
  MP_ASSIGN(const auto short_quoter, ask::Answerer::make(never_silent));
  if (std::getenv("MILLPOND_WORDS_ONLY") == nullptr) {
    quoter->use_embedder(embedder);
    short_quoter->use_embedder(embedder);
  }
  // Comparing sentences by meaning takes a while: MILLPOND_EVERY=8 quotes for every eighth question only.
  const char* sample = std::getenv("MILLPOND_EVERY");
  const std::size_t every = sample != nullptr ? static_cast<std::size_t>(std::max(1, std::atoi(sample))) : 1;
  std::FILE* out = features != nullptr ? std::fopen(features, "w") : nullptr;
  Counts fitted, apart;
  for (int half = 0; half < 2; ++half) {
    const std::string path = std::filesystem::temp_directory_path() / ("answers_" + std::to_string(half) + ".segment");
    MP_ASSIGN(const auto searcher, make_searcher(halves[half], *embedder, path, context));
    for (std::size_t q = 0; q < questions.size(); ++q) {
      index::Query query{.text = questions[q].text, .limit = 8};
      query.vector.assign(vectors.begin() + static_cast<std::ptrdiff_t>(q * size),
                          vectors.begin() + static_cast<std::ptrdiff_t>((q + 1) * size));
      MP_ASSIGN(const index::Found found, searcher->search(query));
      std::vector<ask::Passage> passages;
      for (const index::Hit& hit : found.hits) {
        const Paragraph& p = halves[half][static_cast<std::size_t>(hit.row)];
        ask::Passage passage;
        passage.title = p.title;
        passage.text = p.text;
        passage.score = hit.score;
        passage.words_score = hit.words.score;
        passage.vector_score = hit.vector.score;
        passages.push_back(std::move(passage));
      }
      const bool there = half_of[questions[q].paragraph] == half;
      Counts& counts = q / 8 % 2 == 0 ? fitted : apart;
      const ask::Evidence e = answerer->evidence(questions[q].text, passages, found);
      const bool says = e.probability >= 0.5;
      there ? ++(says ? counts.answered_right : counts.kept_silent) : ++(says ? counts.answered_wrong : counts.refused);
      if (out != nullptr)
        std::fprintf(out, "%zu\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%s\n", q, there, e.coverage, e.near, e.similarity, e.names,
                     questions[q].text.c_str());
      if (!there || q % every != 0) continue;
      MP_ASSIGN(const ask::Answer answer, quoter->quote(questions[q].text, passages, found, context));
      ++counts.questions;
      MP_ASSIGN(const ask::Answer short_answer, short_quoter->quote(questions[q].text, passages, found, context));
      counts.holds_one += holds(short_answer, questions[q]) ? 1 : 0;
      counts.holds_three += holds(answer, questions[q]) ? 1 : 0;
      counts.words += static_cast<double>(std::count(answer.text.begin(), answer.text.end(), ' ')) + 1;
    }
    std::filesystem::remove(path);
  }
  if (out != nullptr) std::fclose(out);
  print("fitted", fitted);
  print("set apart", apart);
  return {};
}

}  // namespace
}  // namespace millpond::bench

int main(int count, char** arguments) {
  const char* data = std::getenv("MILLPOND_DATA");
  if (data == nullptr) {
    std::fprintf(stderr, "set MILLPOND_DATA to the folder that holds judged/\n");
    return 2;
  }
  const millpond::Status status =
      millpond::bench::run(std::filesystem::path(data) / "judged", count > 1 ? arguments[1] : nullptr);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return status.ok() ? 0 : 1;
}
