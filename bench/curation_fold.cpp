// Runs a step and a fold over texts in memory; writes the texts that are left, and prints CPU seconds.
//
//   bench_curation_fold TEXTS LEFT FOLD [option=value]... [--step NAME [option=value]...] [--memory MB] [--spill
//   FOLDER]
//
// TEXTS and LEFT: as in bench/curation_text.cpp. Options are read as numbers, flags or texts. The CPU seconds go to
// stderr: of step and fold, in one round.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "millpond/chain.h"
#include "millpond/fold.h"
#include "millpond/registry.h"

namespace millpond {
namespace {

using Given = std::map<std::string, OptionValue>;

struct Arguments {
  std::string texts, left, fold, step, spill = "/tmp";
  Given fold_options, step_options;
  std::int64_t memory_mb = 4096;
};

OptionValue value_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  char* end = nullptr;
  const long long whole = std::strtoll(text.c_str(), &end, 10);
  if (*end == '\0') return std::int64_t{whole};
  const double number = std::strtod(text.c_str(), &end);
  if (*end == '\0') return number;
  return text;
}

Arguments parse(int count, char** words) {
  Arguments arguments{words[1], words[2], words[3], {}, "/tmp", {}, {}, 4096};
  Given* options = &arguments.fold_options;
  for (int i = 4; i < count; ++i) {
    const std::string word = words[i];
    const std::size_t equals = word.find('=');
    if (word == "--step" && i + 1 < count) {
      arguments.step = words[++i];
      options = &arguments.step_options;
    } else if (word == "--memory" && i + 1 < count) {
      arguments.memory_mb = std::atoll(words[++i]);
    } else if (word == "--spill" && i + 1 < count) {
      arguments.spill = words[++i];
    } else if (equals != std::string::npos) {
      (*options)[word.substr(0, equals)] = value_of(word.substr(equals + 1));
    }
  }
  return arguments;
}

/// A packed file as batches, read piece by piece, so that the whole need not be in memory.
class PackedTexts final : public Stream {
 public:
  explicit PackedTexts(const std::string& path) : file_(path, std::ios::binary) {}
  ArrowSchema schema() const override {
    return arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("text", arrow::utf8())});
  }
  Result<std::optional<Batch>> next(Context&) override {
    arrow::StringBuilder ids, texts;
    std::int64_t rows = 0, size_bytes = 0;
    std::string id, text;
    while (size_bytes < (1 << 20) && field(id) && field(text)) {
      if (!ids.Append(id).ok() || !texts.Append(text).ok()) return exhausted("out of memory");
      ++rows, size_bytes += static_cast<std::int64_t>(text.size());
    }
    total_bytes_ += size_bytes;
    if (rows == 0) return std::optional<Batch>();
    return std::optional<Batch>(arrow::RecordBatch::Make(schema(), rows, {*ids.Finish(), *texts.Finish()}));
  }
  std::int64_t total_bytes() const { return total_bytes_; }

 private:
  bool field(std::string& out) {
    std::uint32_t size = 0;
    if (!file_.read(reinterpret_cast<char*>(&size), sizeof size)) return false;
    out.resize(size);
    return static_cast<bool>(file_.read(out.data(), size));
  }
  std::ifstream file_;
  std::int64_t total_bytes_ = 0;
};

/// Batches through a chain.
class Stepped final : public Stream {
 public:
  Stepped(std::unique_ptr<Stream> rows, std::unique_ptr<ChainRunner> runner, ArrowSchema schema)
      : rows_(std::move(rows)), runner_(std::move(runner)), schema_(std::move(schema)) {}
  ArrowSchema schema() const override { return schema_; }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_ASSIGN(const std::optional<Batch> batch, rows_->next(context));
    if (!batch) return batch;
    MP_ASSIGN(auto outcome, runner_->run(*batch, context));
    return std::optional<Batch>(std::move(outcome.rows));
  }

 private:
  std::unique_ptr<Stream> rows_;
  std::unique_ptr<ChainRunner> runner_;
  ArrowSchema schema_;
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void write_field(std::ofstream& file, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  file.write(reinterpret_cast<const char*>(&size), sizeof size);
  file.write(text.data(), size);
}

Status run(const Arguments& arguments) {
  Context context;
  context.set_memory_limit(arguments.memory_mb * 1000000);
  const FoldDef* fold = find_fold(arguments.fold);
  if (!fold) return not_found("no such fold: ", arguments.fold);
  MP_ASSIGN(const Options options, Options::resolve(fold->options, arguments.fold_options));
  auto texts = std::make_unique<PackedTexts>(arguments.texts);
  const PackedTexts& packed = *texts;
  std::unique_ptr<Stream> rows = std::move(texts);
  const double began = cpu_seconds();
  Result<Chain> chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, {});
  if (!arguments.step.empty()) {
    chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, {{arguments.step, arguments.step_options}});
    if (!chain.ok()) return chain.status();
    MP_ASSIGN(auto runner, ChainRunner::make(*chain));
    rows = std::make_unique<Stepped>(std::move(rows), std::move(runner), to_arrow(chain->output()));
  }
  std::ofstream left(arguments.left, std::ios::binary);
  MP_ASSIGN(const auto folded, run_fold(std::move(rows), *fold, options, arguments.spill, context));
  std::int64_t kept = 0;
  while (true) {
    MP_ASSIGN(const std::optional<Batch> batch, folded->next(context));
    if (!batch) break;
    const auto ids = (*batch)->GetColumnByName("id"), bodies = (*batch)->GetColumnByName("text");
    kept += (*batch)->num_rows();
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      write_field(left, static_cast<const arrow::StringArray&>(*ids).GetView(row));
      write_field(left, static_cast<const arrow::StringArray&>(*bodies).GetView(row));
    }
  }
  const double seconds = cpu_seconds() - began, size_mb = static_cast<double>(packed.total_bytes()) / 1e6;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s; %lld rows left; peak %.0f MB\n", seconds, size_mb,
               size_mb / seconds, static_cast<long long>(kept), static_cast<double>(used.ru_maxrss) / 1024);
  return {};
}

}  // namespace
}  // namespace millpond

int main(int count, char** words) {
  if (count < 4) {
    std::fprintf(stderr,
                 "usage: bench_curation_fold TEXTS LEFT FOLD [option=value]... [--step NAME [option=value]...] "
                 "[--memory MB] [--spill FOLDER]\n");
    return 2;
  }
  const millpond::Status status = millpond::run(millpond::parse(count, words));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return 1;
}
