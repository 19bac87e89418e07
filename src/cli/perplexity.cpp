// millpond perplexity: makes a model of words in a row of a table's texts.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/curation_commands.h"
#include "cli/labelled_rows.h"
#include "cli/shell.h"
#include "millpond/curate/word_model.h"

namespace millpond::cli {
namespace {

Status run_perplexity(const Arguments& arguments, Shell& shell) {
  const Options& options = arguments.options;
  const std::string& path = arguments.word("model");
  MP_ASSIGN(const LabelledRows rows,
            labelled_rows(arguments.word("table"), options.text("text"), "", options.integer("rows_max"), shell));
  std::vector<std::string_view> texts;
  std::int64_t size_bytes = 0;
  for (const auto& row : rows.rows) {
    texts.push_back(row.text);
    size_bytes += static_cast<std::int64_t>(row.text.size());
  }
  shell.context().progress().begin("counting words", 0);
  MP_TRY(curate::train_word_model(texts, static_cast<int>(options.integer("order")), path, shell.context()));
  shell.context().progress().end();
  if (const std::string& arpa = options.text("arpa"); !arpa.empty()) {
    shell.context().progress().begin("writing " + arpa, 0);
    MP_ASSIGN(const auto model, curate::WordModel::open(path));
    MP_TRY(curate::write_arpa(texts, *model, arpa, shell.context()));
    shell.context().progress().end();
  }
  std::error_code error;
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  shell.line(path + ": " + human_bytes(file_bytes) + ", of " + human_count(static_cast<std::int64_t>(texts.size())) +
             " texts (" + human_bytes(size_bytes) + ").");
  shell.result({{"model", path},
                {"texts", texts.size()},
                {"text_bytes", size_bytes},
                {"file_bytes", file_bytes},
                {"source", rows.source}});
  return {};
}

}  // namespace

const CommandDef kPerplexity = {
    .name = "perplexity",
    .summary = "Make a model of words in a row of a table's texts, for the step `perplexity`.",
    .details =
        "Modified Kneser-Ney smoothing; a line is a sentence, words stand between white space. What is counted "
        "must fit --memory: about 100 bytes for each different row of words.",
    .arguments = {{"table", "The table with the texts."}, {"model", "The file to make; one of this name is replaced."}},
    .options =
        {
            {"text", "text", "The column with the text."},
            {"order", 5, "Words in a row, at most."},
            {"rows_max", 0, "Take the first rows; 0: all."},
            {"arpa", "", "Write the model into this file as well, as the text that KenLM and SRILM read."},
        },
    .run = run_perplexity,
};

}  // namespace millpond::cli
