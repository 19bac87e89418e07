#include "millpond/ask/evaluate.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <unordered_map>

namespace millpond::ask {
namespace {

constexpr std::size_t kLineBytesMax = 16 << 20;
constexpr int kResamples = 2000;

struct Judgement {
  std::string question, document;
  int grade = 0;
};

Result<Judgement> judgement_of(const std::string& line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
  if (second == std::string::npos) return invalid("expected query, document and grade, divided by tabs");
  Judgement out{line.substr(0, first), line.substr(first + 1, second - first - 1)};
  std::size_t end = line.size();
  while (end > second && (line[end - 1] == '\r' || line[end - 1] == ' ')) --end;
  const auto read = std::from_chars(line.data() + second + 1, line.data() + end, out.grade);
  if (read.ec != std::errc() || read.ptr != line.data() + end) {
    return invalid("the grade is no whole number: ", line.substr(second + 1, 40));
  }
  return out;
}

Result<std::unordered_map<std::string, std::map<std::string, int>>> read_qrels(const std::string& path,
                                                                               std::int64_t& count) {
  std::unordered_map<std::string, std::map<std::string, int>> grades;
  std::ifstream in(path);
  if (!in) return not_found("cannot read the judgements: ", path);
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    if (++number; line.empty()) continue;
    auto judgement = judgement_of(line);
    if (!judgement.ok() && number == 1) continue;  // the names of the columns
    if (!judgement.ok()) return std::move(judgement).status().at(path + ":" + std::to_string(number));
    grades[judgement->question][judgement->document] = judgement->grade;
    ++count;
  }
  return grades;
}

}  // namespace

Result<JudgedSet> read_judged(const std::string& queries, const std::string& qrels) {
  JudgedSet set;
  MP_ASSIGN(auto grades, read_qrels(qrels, set.judgements));
  std::ifstream in(queries);
  if (!in) return not_found("cannot read the queries: ", queries);
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    if (++number; line.empty()) continue;
    const std::string place = queries + ":" + std::to_string(number);
    if (line.size() > kLineBytesMax) return exhausted("a query of bytes: ", line.size()).at(place);
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto text = [&](const char* name) {
      const auto found = json.is_object() ? json.find(name) : json.end();
      return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    JudgedSet::Question question{text("_id"), text("text"), {}};
    if (question.id.empty() || question.text.empty()) {
      return invalid("a query is a line like {\"_id\": \"7\", \"text\": \"...\"}: ", line.substr(0, 60)).at(place);
    }
    const auto judged = grades.find(question.id);
    if (judged == grades.end()) continue;
    question.grades = std::move(judged->second);
    const bool relevant =
        std::any_of(question.grades.begin(), question.grades.end(), [](const auto& each) { return each.second > 0; });
    if (relevant) set.questions.push_back(std::move(question));
  }
  if (set.questions.empty()) {
    return invalid("no query of ", queries, " has a relevant document in: ", qrels)
        .hint("The first column of the judgements is the _id of a query.");
  }
  return set;
}

QuestionScores score_ranking(std::span<const std::string> ranked, const std::map<std::string, int>& grades, int k) {
  std::vector<int> ideal;
  for (const auto& [document, grade] : grades)
    if (grade > 0) ideal.push_back(grade);
  std::sort(ideal.rbegin(), ideal.rend());
  const auto top = static_cast<std::size_t>(k);
  const auto discount = [](std::size_t at) { return 1 / std::log2(static_cast<double>(at) + 2); };
  double best = 0, got = 0, found = 0;
  for (std::size_t i = 0; i < ideal.size() && i < top; ++i) best += ideal[i] * discount(i);
  QuestionScores scores;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const auto judged = grades.find(ranked[i]);
    if (judged == grades.end() || judged->second <= 0) continue;
    ++found;
    if (i >= top) continue;
    got += judged->second * discount(i);
    if (scores.mrr == 0) scores.mrr = 1 / static_cast<double>(i + 1);
  }
  scores.ndcg = best > 0 ? got / best : 0;
  scores.recall = ideal.empty() ? 0 : found / static_cast<double>(ideal.size());
  return scores;
}

Estimate bootstrap(std::span<const double> values) {
  Estimate out;
  if (values.empty()) return out;
  for (const double value : values) out.mean += value;
  out.mean /= static_cast<double>(values.size());
  std::mt19937_64 random(1);
  std::vector<double> means(kResamples);
  for (double& mean : means) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[random() % values.size()];
    mean = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  out.low = means[kResamples / 40];
  out.high = means[kResamples - 1 - kResamples / 40];
  return out;
}

}  // namespace millpond::ask
