#include <algorithm>
#include <cmath>

#include "ask/calibration.h"
#include "ask/prompt.h"
#include "ask/quote.h"
#include "ask/sentences.h"
#include "ask/support.h"
#include "millpond/ask/answer.h"
#include "millpond/model/embedder.h"

namespace millpond::ask {
namespace {

constexpr std::size_t kComparedByMeaning = 24;  // sentences; more cost time and are never chosen
constexpr std::int64_t kAnalyzerBytesMax = 16 << 20;

std::string_view text_of(const Quote& quote, std::span<const Passage> passages) {
  return std::string_view(passages[static_cast<std::size_t>(quote.passage)].text)
      .substr(quote.begin, quote.end - quote.begin);
}

// The number of the citation of a passage; a new one if it is not cited yet.
Citation& cite(Answer& answer, int passage) {
  for (Citation& citation : answer.citations) {
    if (citation.passage == passage) return citation;
  }
  answer.citations.push_back({static_cast<int>(answer.citations.size()) + 1, passage, {}});
  return answer.citations.back();
}

// Holds text back as long as it may be the sign that there is no answer.
class Gate {
 public:
  explicit Gate(const std::function<Status(std::string_view)>& to) : to_(to) {}
  Status operator()(std::string_view piece) {
    if (!to_) return {};
    if (open_) return to_(piece);
    held_.append(piece);
    const std::string_view seen =
        std::string_view(held_).substr(std::min(held_.find_first_not_of(" \n\t\"*"), held_.size()));
    if (seen.size() < kNoAnswer.size() ? kNoAnswer.starts_with(seen) : seen.starts_with(kNoAnswer)) return {};
    open_ = true;
    return to_(held_);
  }

 private:
  const std::function<Status(std::string_view)>& to_;
  std::string held_;
  bool open_ = false;
};

}  // namespace

std::string_view flaw_name(Flaw flaw) {
  switch (flaw) {
    case Flaw::kNone: return "none";
    case Flaw::kNoCitation: return "no_citation";
    case Flaw::kNumber: return "number";
    case Flaw::kName: return "name";
    case Flaw::kWords: return "words";
    case Flaw::kNegation: return "negation";
  }
  return "none";
}

struct Answerer::Impl {
  AnswerOptions options;
  std::unique_ptr<index::Analyzer> analyzer;
  std::shared_ptr<model::Embedder> embedder;

  std::span<const Passage> best(std::span<const Passage> passages) const {
    return passages.first(std::min(passages.size(), static_cast<std::size_t>(std::max(0, options.passages_max))));
  }
  Result<std::vector<float>> embed(std::span<const std::string_view> texts, Context& context) const {
    std::vector<float> vectors(texts.size() * static_cast<std::size_t>(embedder->dimensions()));
    MP_TRY(embedder->embed(texts, vectors.data(), context));
    return vectors;
  }
  Status compare_by_meaning(const std::string& question, std::span<const Passage> passages, const QuestionWords& words,
                            std::vector<Sentence>& sentences, Context& context);
  Result<Answer> check(std::string_view written, std::span<const Passage> passages, Context& context);
};

namespace {

float dot(std::span<const float> vectors, std::size_t a, std::size_t b, std::size_t size) {
  float sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += vectors[a * size + i] * vectors[b * size + i];
  return sum;
}

}  // namespace

Status Answerer::Impl::compare_by_meaning(const std::string& question, std::span<const Passage> passages,
                                          const QuestionWords& words, std::vector<Sentence>& sentences,
                                          Context& context) {
  if (embedder == nullptr || sentences.empty()) return {};
  const std::vector<double> scores = score_sentences(sentences, passages, words, question, *analyzer);
  std::vector<std::size_t> order(sentences.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), kComparedByMeaning));
  std::vector<std::string_view> texts = {question};
  for (const std::size_t i : order) {
    texts.push_back(text_of({sentences[i].passage, sentences[i].span.begin, sentences[i].span.end}, passages));
  }
  MP_ASSIGN(const std::vector<float> vectors, embed(texts, context));
  const auto size = static_cast<std::size_t>(embedder->dimensions());
  for (std::size_t i = 0; i < order.size(); ++i) sentences[order[i]].cosine = dot(vectors, 0, i + 1, size);
  return {};
}

Answerer::Answerer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Answerer::~Answerer() = default;
void Answerer::use_embedder(std::shared_ptr<model::Embedder> embedder) { impl_->embedder = std::move(embedder); }

Result<std::unique_ptr<Answerer>> Answerer::make(AnswerOptions options) {
  auto impl = std::make_unique<Impl>();
  MP_ASSIGN(impl->analyzer, index::Analyzer::make(options.language));
  impl->options = std::move(options);
  return std::unique_ptr<Answerer>(new Answerer(std::move(impl)));
}

Evidence Answerer::evidence(const std::string& question, std::span<const Passage> all, const index::Found& found) {
  Impl& impl = *impl_;
  if (impl.analyzer->memory_bytes() > kAnalyzerBytesMax) impl.analyzer->forget();
  const auto passages = impl.best(all);
  const QuestionWords words = question_words(*impl.analyzer, question, found);
  const std::vector<Sentence> sentences = read_sentences(*impl.analyzer, passages, words);
  Evidence evidence = evidence_of(*impl.analyzer, passages, sentences, question, words, found);
  evidence.probability = passages.empty() ? 0 : probability_of(evidence);
  return evidence;
}

Result<Answer> Answerer::quote(const std::string& question, std::span<const Passage> all, const index::Found& found,
                               Context& context) {
  Impl& impl = *impl_;
  Answer answer;
  answer.evidence = evidence(question, all, found);
  if (answer.evidence.probability < impl.options.probability_min) return answer;
  const auto passages = impl.best(all);
  const QuestionWords words = question_words(*impl.analyzer, question, found);
  std::vector<Sentence> sentences = read_sentences(*impl.analyzer, passages, words);
  MP_TRY(impl.compare_by_meaning(question, passages, words, sentences, context));
  for (const std::size_t i :
       choose_sentences(sentences, passages, words, question, *impl.analyzer, impl.options.sentences_max)) {
    const int passage = sentences[i].passage;
    const Span span = with_introduced(i, sentences, passages[static_cast<std::size_t>(passage)].text);
    const Quote quote{passage, span.begin, span.end};
    Citation& citation = cite(answer, passage);
    if (!citation.quotes.empty() && citation.quotes.back().end > quote.begin) continue;  // a list told it
    citation.quotes.push_back(quote);
    AnswerSentence sentence;
    sentence.text = text_of(quote, passages);
    sentence.citations = {citation.number};
    answer.text.append(answer.text.empty() ? "" : " ")
        .append(sentence.text)
        .append(" [" + std::to_string(citation.number) + "]");
    answer.sentences.push_back(std::move(sentence));
  }
  answer.kind = answer.sentences.empty() ? Answer::Kind::kNotFound : Answer::Kind::kQuoted;
  return answer;
}

Result<Answer> Answerer::Impl::check(std::string_view written, std::span<const Passage> passages, Context& context) {
  Answer answer;
  answer.kind = Answer::Kind::kWritten;
  const std::vector<Sentence> sentences = read_sentences(*analyzer, passages, {});
  const std::vector<WrittenSentence> texts = read_markers(written);
  std::vector<float> vectors;
  if (embedder != nullptr && !texts.empty() && !sentences.empty()) {
    std::vector<std::string_view> compared;
    for (const WrittenSentence& text : texts) compared.push_back(text.text);
    for (const Sentence& s : sentences) compared.push_back(text_of({s.passage, s.span.begin, s.span.end}, passages));
    MP_ASSIGN(vectors, embed(compared, context));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<int> cited;
    bool wrong = false;
    for (const int number : texts[i].numbers) {
      number >= 1 && static_cast<std::size_t>(number) <= passages.size() ? cited.push_back(number - 1)
                                                                         : void(wrong = true);
    }
    std::vector<float> similarity;
    for (std::size_t s = 0; !vectors.empty() && s < sentences.size(); ++s) {
      similarity.push_back(dot(vectors, i, texts.size() + s, static_cast<std::size_t>(embedder->dimensions())));
    }
    Support support = support_of(*analyzer, texts[i].text, cited, passages, sentences, similarity, options.support_min);
    if (wrong && support.flaw == Flaw::kNone) support.flaw = Flaw::kNoCitation;
    AnswerSentence sentence{texts[i].text, {}, support.share, support.flaw, std::move(support.detail)};
    for (const int passage : cited) sentence.citations.push_back(cite(answer, passage).number);
    for (const Quote& quote : support.quotes) {
      std::vector<Quote>& quotes = cite(answer, quote.passage).quotes;
      if (std::find(quotes.begin(), quotes.end(), quote) == quotes.end()) quotes.push_back(quote);
    }
    answer.unsupported += sentence.flaw != Flaw::kNone ? 1 : 0;
    answer.text.append(answer.text.empty() ? "" : " ").append(sentence.text);
    for (const int number : sentence.citations) answer.text.append(" [" + std::to_string(number) + "]");
    answer.sentences.push_back(std::move(sentence));
  }
  if (answer.sentences.empty()) answer.kind = Answer::Kind::kNotFound;
  return answer;
}

Result<Answer> Answerer::check(std::string_view written, std::span<const Passage> all, const index::Found&,
                               Context& context) {
  if (impl_->analyzer->memory_bytes() > kAnalyzerBytesMax) impl_->analyzer->forget();
  return impl_->check(written, impl_->best(all), context);
}

Result<Answer> Answerer::write(const std::string& question, std::span<const Passage> all, const index::Found& found,
                               model::ChatModel& chat, Context& context,
                               const std::function<Status(std::string_view)>& on_text) {
  Impl& impl = *impl_;
  Answer answer;
  answer.evidence = evidence(question, all, found);
  if (answer.evidence.probability < impl.options.probability_min) return answer;
  auto passages = impl.best(all);
  const Prompt prompt = make_prompt(question, passages, impl.options.prompt_bytes_max);
  passages = passages.first(prompt.passages);
  Gate gate(on_text);
  model::OnText stream;
  if (on_text) stream = [&gate](std::string_view piece) { return gate(piece); };
  MP_ASSIGN(const model::ChatReply reply, chat.complete(prompt.messages, context, stream));
  if (reply.text.find(kNoAnswer) != std::string::npos) return answer;
  const Evidence evidence = answer.evidence;
  MP_ASSIGN(answer, impl.check(reply.text, passages, context));
  answer.evidence = evidence;
  return answer;
}

}  // namespace millpond::ask
