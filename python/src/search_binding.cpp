// Search and answers.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "millpond/ask/answer.h"
#include "millpond/ask/retriever.h"
#include "millpond/model/chat.h"
#include "tables.h"

namespace millpond::python {
namespace {

/// A snapshot held open for searches.
struct SearcherHandle {
  std::shared_ptr<PondHandle> pond;
  std::shared_ptr<ask::Retriever> retriever;
};

SearcherHandle open_searcher(const std::shared_ptr<PondHandle>& pond, const std::string& table, const std::string& at) {
  SearcherHandle handle{pond, nullptr};
  pond->runtime->run([&](Context& context) -> Status {
    MP_ASSIGN(const flow::Plan plan, pond->plan());
    MP_ASSIGN(handle.retriever, ask::Retriever::open(pond->pond, plan, {table, at}, context));
    return {};
  });
  return handle;
}

nb::dict dict_of(const ask::Passage& passage) {
  nb::dict each;
  each["citation"] = passage.row;
  each["document"] = passage.document;
  each["text"] = passage.text;
  each["uri"] = passage.uri;
  each["title"] = passage.title;
  each["heading_path"] = passage.heading_path;
  each["ordinal"] = passage.ordinal;
  each["first_page"] = passage.first_page;
  each["last_page"] = passage.last_page;
  each["score"] = passage.score;
  each["words_score"] = passage.words_score;
  each["vector_score"] = passage.vector_score;
  each["words_rank"] = passage.words_rank;
  each["vector_rank"] = passage.vector_rank;
  each["feedback_score"] = passage.feedback_score;
  each["rerank_score"] = passage.rerank_score;
  each["found_rank"] = passage.found_rank;
  each["before"] = passage.before;
  each["after"] = passage.after;
  return each;
}

Result<index::Legs> legs_of(const std::string& by) {
  if (by == "hybrid") return index::Legs::kHybrid;
  if (by == "words") return index::Legs::kWords;
  if (by == "vector") return index::Legs::kVector;
  return invalid("no such way to search: ", by).hint("There are hybrid, words and vector.");
}

nb::dict find(const SearcherHandle& self, const std::string& query, int k, const std::string& by,
              const std::string& where, bool syntax, int neighbours, bool section, double diverse,
              const std::string& rerank) {
  ask::SearchOptions options;
  options.limit = k;
  options.legs = value(legs_of(by));
  options.where.where = where;
  options.syntax = syntax;
  options.neighbours = neighbours;
  options.section = section;
  options.diverse = diverse;
  options.rerank = rerank;
  const ask::Retrieval retrieval =
      self.pond->runtime->run([&](Context& context) { return self.retriever->find(query, options, context); });
  nb::list hits;
  for (const ask::Passage& passage : retrieval.passages) hits.append(dict_of(passage));
  nb::list terms;
  for (const index::QueryTerm& term : retrieval.found.terms)
    terms.append(nb::make_tuple(term.term, term.rows, term.weight));
  nb::dict found;
  found["hits"] = hits;
  found["rows"] = retrieval.found.rows;
  found["matching"] = retrieval.found.matching;
  found["terms"] = terms;
  found["words_weight"] = retrieval.found.words_weight;
  found["vector_weight"] = retrieval.found.vector_weight;
  found["feedback_weight"] = retrieval.found.feedback_weight;
  found["reranker"] = retrieval.reranker;
  found["embed_ms"] = retrieval.embed_ms;
  found["search_ms"] = retrieval.search_ms;
  return found;
}

nb::dict dict_of(const ask::Answer& answer, const std::vector<ask::Passage>& passages) {
  nb::list sentences, citations;
  for (const ask::AnswerSentence& sentence : answer.sentences) {
    nb::dict each;
    each["text"] = sentence.text;
    each["citations"] = sentence.citations;
    each["support"] = sentence.support;
    each["flaw"] = sentence.flaw == ask::Flaw::kNone ? std::string() : std::string(ask::flaw_name(sentence.flaw));
    each["detail"] = sentence.detail;
    sentences.append(each);
  }
  for (const ask::Citation& citation : answer.citations) {
    const ask::Passage& passage = passages[static_cast<std::size_t>(citation.passage)];
    std::vector<std::string> quotes;
    for (const ask::Quote& quote : citation.quotes)
      quotes.push_back(passage.text.substr(quote.begin, quote.end - quote.begin));
    nb::dict each;
    each["number"] = citation.number;
    each["quotes"] = quotes;
    each["passage"] = dict_of(passage);
    citations.append(each);
  }
  constexpr const char* kKinds[] = {"quoted", "written", "not_found"};
  nb::dict made;
  made["kind"] = kKinds[static_cast<int>(answer.kind)];
  made["text"] = answer.text;
  made["sentences"] = sentences;
  made["citations"] = citations;
  made["unsupported"] = answer.unsupported;
  made["probability"] = answer.evidence.probability;
  return made;
}

/// With a model's address it writes the answer, and `on_text` gets it piece by piece; else sentences are quoted.
nb::dict ask_question(const SearcherHandle& self, const std::string& question, int passages, const std::string& model,
                      const std::string& model_name, const std::string& key_env, nb::object on_text,
                      const std::string& where) {
  ask::SearchOptions options;
  options.limit = passages;
  options.where.where = where;
  ask::Retrieval retrieval;
  std::optional<nb::python_error> raised;
  const auto piece = [&](std::string_view text) -> Status {
    if (on_text.is_none()) return {};
    const nb::gil_scoped_acquire gil;
    try {
      on_text(nb::str(text.data(), text.size()));
    } catch (nb::python_error& error) {
      raised.emplace(std::move(error));
      return Status(Code::kCancelled, "the caller's function raised an exception");
    }
    return {};
  };
  ask::Answer answer;
  try {
    answer = self.pond->runtime->run([&](Context& context) -> Result<ask::Answer> {
      MP_ASSIGN(retrieval, self.retriever->find(question, options, context));
      MP_ASSIGN(const auto answerer, ask::Answerer::make({}));
      MP_ASSIGN(const auto embedder, self.retriever->embedder(context));
      if (embedder) answerer->use_embedder(embedder);
      if (model.empty()) return answerer->quote(question, retrieval.passages, retrieval.found, context);
      model::ChatOptions options;
      options.url = model;
      options.model = model_name;
      options.key_env = key_env;
      MP_ASSIGN(const auto chat, model::open_chat(options));
      return answerer->write(question, retrieval.passages, retrieval.found, *chat, context, piece);
    });
  } catch (nb::python_error&) {
    if (raised) throw nb::python_error(std::move(*raised));
    throw;
  }
  return dict_of(answer, retrieval.passages);
}

}  // namespace

void bind_search(nb::module_& module) {
  nb::class_<SearcherHandle>(module, "Searcher")
      .def_static("open", open_searcher, nb::arg("pond"), nb::arg("table"), nb::arg("at"))
      .def_prop_ro("snapshot", [](const SearcherHandle& self) { return self.retriever->snapshot(); })
      .def_prop_ro("rows", [](const SearcherHandle& self) { return self.retriever->rows(); })
      .def("find", find, nb::arg("query"), nb::arg("k"), nb::arg("by"), nb::arg("where"), nb::arg("syntax"),
           nb::arg("neighbours"), nb::arg("section"), nb::arg("diverse"), nb::arg("rerank"),
           nb::sig(
               "def find(self, query: str, k: int, by: str, where: str, syntax: bool, neighbours: int, section: bool, "
               "diverse: float, rerank: str) -> dict[str, typing.Any]"))
      .def("ask", ask_question, nb::arg("question"), nb::arg("passages"), nb::arg("model"), nb::arg("model_name"),
           nb::arg("key_env"), nb::arg("on_text").none(), nb::arg("where"),
           nb::sig("def ask(self, question: str, passages: int, model: str, model_name: str, key_env: str, on_text: "
                   "object | None, where: str) -> dict[str, typing.Any]"));
}

}  // namespace millpond::python
