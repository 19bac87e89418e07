#include "ask/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ask/time_mark.h"

namespace millpond::ask {

using nlohmann::ordered_json;

ordered_json to_json(const Passage& passage) {
  ordered_json json = {{"citation", passage.row}, {"document", passage.document},         {"uri", passage.uri},
                       {"title", passage.title},  {"heading_path", passage.heading_path}, {"score", passage.score},
                       {"text", passage.text}};
  if (!passage.before.empty()) json["before"] = passage.before;
  if (!passage.after.empty()) json["after"] = passage.after;
  if (passage.first_page > 0) json["pages"] = {passage.first_page, passage.last_page};
  if (passage.words_rank > 0) json["words"] = {{"rank", passage.words_rank}, {"score", passage.words_score}};
  if (passage.vector_rank > 0) json["vector"] = {{"rank", passage.vector_rank}, {"score", passage.vector_score}};
  if (passage.feedback_score > 0) json["feedback"] = {{"score", passage.feedback_score}};
  if (passage.found_rank > 0) json["rerank"] = {{"score", passage.rerank_score}, {"found_rank", passage.found_rank}};
  return json;
}

namespace {

// As nlohmann's dump, without building the values first: most of a search's answer is this.
void append_text(std::string_view text, std::string& out) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<signed char>(c) >= 0; };
  if (!std::all_of(text.begin(), text.end(), plain)) {
    out += ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    return;
  }
  out += '"';
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find_first_of("\"\\", from), text.size());
    out += text.substr(from, to - from);
    if (to < text.size()) (out += '\\') += text[to];
    from = to + 1;
  }
  out += '"';
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  ((out += ",\"") += name) += "\":";
  append_text(text, out);
}

std::string shown(double value) { return ordered_json(value).dump(); }

void append_leg(std::string_view name, int rank, double score, std::string& out) {
  if (rank <= 0) return;
  (((out += ",\"") += name) += "\":{\"rank\":") += std::to_string(rank);
  ((out += ",\"score\":") += shown(score)) += '}';
}

}  // namespace

void append_json(const Passage& passage, bool marked, std::string& out) {
  out += "{\"citation\":";
  append_text(passage.row, out);
  append_member("document", passage.document, out);
  append_member("uri", passage.uri, out);
  append_member("title", passage.title, out);
  out += ",\"heading_path\":[";
  for (const std::string& heading : passage.heading_path) {
    if (&heading != passage.heading_path.data()) out += ',';
    append_text(heading, out);
  }
  (out += "],\"score\":") += shown(passage.score);
  append_member("text", passage.text, out);
  if (!passage.before.empty()) append_member("before", passage.before, out);
  if (!passage.after.empty()) append_member("after", passage.after, out);
  if (passage.first_page > 0) {
    ((out += ",\"pages\":[") += std::to_string(passage.first_page)) += ',';
    (out += std::to_string(passage.last_page)) += ']';
  }
  append_leg("words", passage.words_rank, passage.words_score, out);
  append_leg("vector", passage.vector_rank, passage.vector_score, out);
  if (passage.feedback_score > 0) ((out += ",\"feedback\":{\"score\":") += shown(passage.feedback_score)) += '}';
  if (passage.found_rank > 0) {
    ((out += ",\"rerank\":{\"score\":") += shown(passage.rerank_score)) += ",\"found_rank\":";
    (out += std::to_string(passage.found_rank)) += '}';
  }
  if (marked) append_member("highlighted", highlighted(passage), out);
  out += '}';
}

std::string highlighted(const Passage& passage) {
  std::string out;
  const auto append = [&](std::size_t from, std::size_t to) {
    for (const char c : std::string_view(passage.text).substr(from, to - from)) {
      if (c == '&')
        out += "&amp;";
      else if (c == '<')
        out += "&lt;";
      else if (c == '>')
        out += "&gt;";
      else if (c == '"')
        out += "&quot;";
      else
        out += c;
    }
  };
  std::size_t at = 0;
  for (const auto& [begin, end] : passage.marks) {
    append(at, begin);
    out += "<mark>";
    append(begin, end);
    out += "</mark>";
    at = end;
  }
  append(at, passage.text.size());
  return out;
}

std::vector<std::string> section_of(const Citation& citation, const Passage& passage) {
  return citation.quotes.empty() ? passage.heading_path : section_at(passage, citation.quotes[0].begin);
}

ordered_json to_json(const Answer& answer, const std::vector<Passage>& passages) {
  ordered_json sentences = ordered_json::array(), citations = ordered_json::array();
  for (const AnswerSentence& sentence : answer.sentences) {
    ordered_json each = {{"text", sentence.text}, {"citations", sentence.citations}, {"support", sentence.support}};
    if (sentence.flaw != Flaw::kNone)
      each["unsupported"] = {{"flaw", flaw_name(sentence.flaw)}, {"detail", sentence.detail}};
    sentences.push_back(std::move(each));
  }
  for (const Citation& citation : answer.citations) {
    const Passage& passage = passages[static_cast<std::size_t>(citation.passage)];
    ordered_json quotes = ordered_json::array();
    for (const Quote& quote : citation.quotes) {
      quotes.push_back({{"text", passage.text.substr(quote.begin, quote.end - quote.begin)},
                        {"begin", quote.begin},
                        {"end", quote.end}});
      if (const std::string_view time = time_at(passage.text, quote.begin); !time.empty()) quotes.back()["time"] = time;
    }
    ordered_json each = {{"number", citation.number}, {"quotes", quotes}};
    each.update(to_json(passage));
    each["section"] = section_of(citation, passage);
    citations.push_back(std::move(each));
  }
  constexpr const char* kKinds[] = {"quoted", "written", "not_found"};
  return {{"kind", kKinds[static_cast<int>(answer.kind)]},
          {"answer", answer.text},
          {"sentences", sentences},
          {"citations", citations},
          {"unsupported", answer.unsupported},
          {"evidence",
           {{"coverage", answer.evidence.coverage},
            {"similarity", answer.evidence.similarity},
            {"probability", answer.evidence.probability}}}};
}

ordered_json explanation_of(const Retrieval& retrieval) {
  ordered_json terms = ordered_json::array();
  for (const index::QueryTerm& term : retrieval.found.terms)
    terms.push_back({{"term", term.term}, {"rows", term.rows}, {"weight", term.weight}});
  ordered_json segments = ordered_json::array();
  for (const index::VectorPlan& plan : retrieval.found.plans) {
    segments.push_back({{"plan", index::plan_name(plan.kind)},
                        {"rows", plan.visible},
                        {"clusters", plan.clusters},
                        {"scanned", plan.scanned},
                        {"compared", plan.compared},
                        {"reranked", plan.reranked}});
  }
  return {{"rows", retrieval.found.rows},
          {"reranker", retrieval.reranker},
          {"rerank_ms", retrieval.rerank_ms},
          {"matching", retrieval.found.matching},
          {"terms", terms},
          {"segments", segments},
          {"words_weight", retrieval.found.words_weight},
          {"vector_weight", retrieval.found.vector_weight},
          {"feedback_weight", retrieval.found.feedback_weight},
          {"filter_ms", retrieval.filter_ms},
          {"embed_ms", retrieval.embed_ms},
          {"search_ms", retrieval.search_ms},
          {"words_ms", retrieval.found.words_ms},
          {"vector_ms", retrieval.found.vector_ms}};
}

}  // namespace millpond::ask
