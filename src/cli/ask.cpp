// millpond ask: an answer whose every sentence is cited.

#include <nlohmann/json.hpp>

#include "ask/json.h"
#include "ask/time_mark.h"
#include "cli/command.h"
#include "cli/passages.h"
#include "cli/shell.h"
#include "millpond/ask/answer.h"
#include "millpond/model/chat.h"

namespace millpond::cli {
namespace {

using ask::Answer;
using ask::section_of;
using nlohmann::ordered_json;

void show_citations(const Answer& answer, const std::vector<ask::Passage>& passages, Shell& shell) {
  if (answer.citations.empty()) return;
  shell.line();
  for (const ask::Citation& citation : answer.citations) {
    const ask::Passage& passage = passages[static_cast<std::size_t>(citation.passage)];
    shell.line("[" + std::to_string(citation.number) + "] " +
               shell.bold(place_of(passage, section_of(citation, passage))));
    for (const ask::Quote& quote : citation.quotes) {
      const std::string_view time = ask::time_at(passage.text, quote.begin);
      shell.line((time.empty() ? "    “" : "    " + std::string(time) + " “") +
                 shortened(std::string_view(passage.text).substr(quote.begin, quote.end - quote.begin), 240) + "”");
    }
    shell.line(shell.dim("    " + human_path(passage.uri) + "  ·  millpond show " + short_citation(passage.row)));
  }
}

void show_flaws(const Answer& answer, Shell& shell) {
  if (answer.unsupported == 0) return;
  shell.line();
  shell.line(shell.bold("Not supported by what is cited:"));
  for (const ask::AnswerSentence& sentence : answer.sentences) {
    if (sentence.flaw == ask::Flaw::kNone) continue;
    shell.line("  ✗ " + sentence.text);
    shell.line(shell.dim("    " + std::string(ask::flaw_name(sentence.flaw)) +
                         (sentence.detail.empty() ? "" : ": " + sentence.detail)));
  }
}

Status run_ask(const Arguments& arguments, Shell& shell) {
  const Options& options = arguments.options;
  std::string question;
  for (const std::string& word : arguments.all("question")) question += (question.empty() ? "" : " ") + word;
  MP_ASSIGN(const auto retriever, open_retriever(options, shell));
  ask::SearchOptions search;
  search.limit = static_cast<int>(options.integer("passages"));
  search.where.where = options.text("where");
  MP_ASSIGN(const ask::Retrieval retrieval, retriever->find(question, search, shell.context()));
  MP_ASSIGN(const auto answerer, ask::Answerer::make({}));
  MP_ASSIGN(const auto embedder, retriever->embedder(shell.context()));
  if (embedder) answerer->use_embedder(embedder);

  Answer answer;
  bool streamed = false;
  if (options.text("model").empty()) {
    MP_ASSIGN(answer, answerer->quote(question, retrieval.passages, retrieval.found, shell.context()));
  } else {
    model::ChatOptions chat_options;
    chat_options.url = options.text("model");
    chat_options.model = options.text("model_name");
    chat_options.key_env = options.text("key_env");
    MP_ASSIGN(const auto chat, model::open_chat(chat_options));
    const auto on_text = [&](std::string_view text) -> Status {
      streamed = true;
      shell.write(text);
      return {};
    };
    MP_ASSIGN(answer, answerer->write(question, retrieval.passages, retrieval.found, *chat, shell.context(), on_text));
  }

  if (answer.kind == Answer::Kind::kNotFound) {
    shell.line("Not in your documents.");
    if (!retrieval.passages.empty()) {
      shell.line("The nearest passage is in " + place_of(retrieval.passages[0]) + ": millpond show " +
                 short_citation(retrieval.passages[0].row));
    }
  } else {
    shell.line(streamed ? "" : answer.text);
    show_citations(answer, retrieval.passages, shell);
    show_flaws(answer, shell);
    if (answer.kind == Answer::Kind::kQuoted) {
      shell.line();
      shell.line(
          shell.dim("Quoted word for word from your documents; no model wrote this. --model URL asks one to write."));
    }
  }
  ordered_json json = {{"question", question}, {"snapshot", retriever->snapshot()}};
  json.update(ask::to_json(answer, retrieval.passages));
  shell.result(json);
  return {};
}

}  // namespace

const CommandDef kAsk = {
    .name = "ask",
    .summary = "Answer a question from the documents; every sentence is cited.",
    .details =
        "Without --model it quotes the sentences that answer, word for word. With one, the model writes and each "
        "sentence is checked "
        "against what it cites.",
    .arguments = {{"question", "The question.", true, true}},
    .options = {{"passages", 8, "How many passages to answer from."},
                {"model", "", "Address of an OpenAI-compatible service, such as http://localhost:8080/v1."},
                {"model_name", "default", "The model, as the service names it."},
                {"key_env", "", "Environment variable that holds the service's key."},
                {"where", "", "Only from rows for which this is true: SQL over the table's columns."},
                {"at", "", "Answer from the state of then: a snapshot id or a time."},
                {"table", "", "The table, if more than one has an index."}},
    .run = run_ask,
};

}  // namespace millpond::cli
