#include "cli/retrieval_measure.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/shell.h"

namespace millpond::cli {
namespace {

using Question = ask::JudgedSet::Question;

/// How judgements may call the document of a passage.
std::vector<std::string> names_of(const ask::Passage& passage) {
  std::vector<std::string> names = passage.columns;
  const std::string& uri = passage.uri;
  const std::string last = uri.substr(uri.rfind('/') + 1);
  names.insert(names.end(), {last, std::filesystem::path(last).stem().string(), passage.title, uri,
                             last.substr(last.rfind('#') + 1), passage.document, passage.row});
  return names;
}

/// Which of those names the judgements use, from what is found; -1 if none.
int name_in_use(const ask::Retriever& retriever, const ask::JudgedSet& judged, const MeasureSettings& settings,
                Shell& shell, Status& status) {
  std::set<std::string> known;
  for (const Question& question : judged.questions)
    for (const auto& [document, grade] : question.grades) known.insert(document);
  std::map<int, int> seen;
  ask::SearchOptions options;
  options.limit = 100;
  options.legs = index::Legs::kWords;
  if (!settings.id.empty()) options.columns = {settings.id};
  for (std::size_t i = 0; i < judged.questions.size() && i < 20; ++i) {
    const auto found = retriever.find(judged.questions[i].text, options, shell.context());
    if (!found.ok()) {
      status = found.status();
      return -1;
    }
    for (const ask::Passage& passage : found->passages) {
      const std::vector<std::string> names = names_of(passage);
      for (std::size_t n = 0; n < names.size(); ++n)
        if (known.contains(names[n])) ++seen[static_cast<int>(n)];
    }
  }
  int best = -1;
  for (const auto& [name, count] : seen)
    if (best < 0 || count > seen[best]) best = name;
  return best;
}

}  // namespace

Result<MeasureSettings> read_settings(const Options& options, const ask::Retriever& retriever,
                                      const ask::JudgedSet& judged, Shell& shell) {
  MeasureSettings settings;
  settings.k = static_cast<int>(options.integer("k"));
  settings.depth = static_cast<int>(options.integer("depth"));
  if (settings.k < 1 || settings.depth < settings.k || settings.depth > 1000)
    return invalid("--k is at least 1, and --depth from there to 1000: ", settings.k, ", ", settings.depth);
  settings.id = options.text("id");
  if (settings.id.empty() && find_field(retriever.schema(), "id")) settings.id = "id";
  settings.where.where = options.text("where");
  settings.rerank = options.text("rerank");
  Status status;
  settings.name = name_in_use(retriever, judged, settings, shell, status);
  MP_TRY(std::move(status));
  if (settings.name < 0) {
    return not_found("no document that was found is named in the judgements, such as: ",
                     judged.questions[0].grades.begin()->first)
        .hint(
            "--id names the column that holds their names; otherwise names of files, titles and addresses are tried.");
  }
  return settings;
}

Result<Measured> measure(const ask::Retriever& retriever, const ask::JudgedSet& judged, index::Legs legs,
                         const MeasureSettings& settings, Shell& shell) {
  Measured out;
  ask::SearchOptions options;
  options.limit = std::min(1000, settings.depth * 3);  // documents may be of several passages
  options.legs = legs;
  options.where = settings.where;
  options.fusion = settings.fusion;
  options.rerank = settings.rerank;
  if (!settings.id.empty()) options.columns = {settings.id};
  shell.context().progress().begin("questions", static_cast<std::int64_t>(judged.questions.size()));
  for (const Question& question : judged.questions) {
    MP_TRY(shell.context().check());
    MP_ASSIGN(const ask::Retrieval found, retriever.find(question.text, options, shell.context()));
    std::vector<std::string> ranked;
    std::set<std::string> seen;
    for (const ask::Passage& passage : found.passages) {
      const std::string document = names_of(passage)[static_cast<std::size_t>(settings.name)];
      if (seen.insert(document).second) ranked.push_back(document);
      if (static_cast<int>(ranked.size()) == settings.depth) break;
    }
    const ask::QuestionScores scores = ask::score_ranking(ranked, question.grades, settings.k);
    out.values[0].push_back(scores.ndcg);
    out.values[1].push_back(scores.recall);
    out.values[2].push_back(scores.mrr);
    shell.context().progress().advance(1, 0);
  }
  shell.context().progress().end();
  return out;
}

}  // namespace millpond::cli
