// Runs a chain of operators or the kernels of curation over texts in memory; prints decisions and CPU seconds.
//
//   bench_curation_text filters TEXTS [english|simple] > decisions.tsv
//   bench_curation_text minhash TEXTS [datatrove|fast] [first|datatrove] > clusters.tsv
//   bench_curation_text pii TEXTS > finds.tsv
//   bench_curation_text tokens TEXTS TOKENIZER_JSON > ids.tsv     (a hash of each text's ids)
//   bench_curation_text perplexity TEXTS MODEL > scores.tsv       (MODEL is made of every second text)
//
// TEXTS: for each document the length (uint32, little-endian) and bytes of its id, then of its text. The CPU seconds go
// to stderr: of the work alone, the fastest of five rounds.

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "curate/pii/contacts.h"
#include "millpond/chain.h"
#include "millpond/curate/word_model.h"
#include "millpond/fold.h"
#include "millpond/model/text_encoder.h"
#include "millpond/registry.h"
#include "millpond/row_hash.h"

namespace millpond {
namespace {

struct Texts {
  std::vector<std::string> ids, texts;
  double size_mb = 0;
};

Texts read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  Texts found;
  const auto next = [&](std::vector<std::string>& list) {
    std::uint32_t size = 0;
    if (!file.read(reinterpret_cast<char*>(&size), sizeof size)) return false;
    list.emplace_back(size, '\0');
    return static_cast<bool>(file.read(list.back().data(), size));
  };
  while (next(found.ids) && next(found.texts)) found.size_mb += static_cast<double>(found.texts.back().size()) / 1e6;
  return found;
}

std::vector<Batch> batches_of(const Texts& texts) {
  std::vector<Batch> batches;
  const auto schema = arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("text", arrow::utf8())});
  for (std::size_t at = 0; at < texts.ids.size();) {
    arrow::StringBuilder ids, bodies;
    const std::size_t begin = at;
    for (; at < texts.ids.size() && at - begin < 256; ++at) {
      if (!ids.Append(texts.ids[at]).ok() || !bodies.Append(texts.texts[at]).ok()) return {};
    }
    batches.push_back(
        arrow::RecordBatch::Make(schema, static_cast<std::int64_t>(at - begin), {*ids.Finish(), *bodies.Finish()}));
  }
  return batches;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return 1;
}

/// Each step of the four filters on its own, so that each document's reason is known.
int filters(const Texts& texts, const std::string& words) {
  const std::map<std::string, OptionValue> rules = {{"word_rules", words}};
  const std::vector<StepSpec> steps = {
      {"gopher_signals", rules},  {"gopher_repetition", {}},
      {"gopher_quality", {}},     {"c4_quality", {{"terminal_punct", false}, {"word_rules", words}}},
      {"fineweb_signals", rules}, {"fineweb_quality", {}}};
  const std::vector<Batch> batches = batches_of(texts);
  const auto chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, steps);
  if (!chain.ok()) return fail(chain.status());
  Context context;
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    auto runner = ChainRunner::make(*chain);
    if (!runner.ok()) return fail(runner.status());
    const double began = cpu_seconds();
    for (const Batch& batch : batches) {
      const auto outcome = (*runner)->run(batch, context);
      if (!outcome.ok()) return fail(outcome.status());
    }
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, texts.size_mb, texts.size_mb / best);
  auto runner = ChainRunner::make(*chain);
  for (const Batch& batch : batches) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto outcome = (*runner)->run(batch->Slice(row, 1), context);
      if (!outcome.ok()) return fail(outcome.status());
      const auto& id = static_cast<const arrow::StringArray&>(*batch->column(0));
      std::string verdict = "kept";
      if (!outcome->drops.empty()) {
        verdict = outcome->drops.begin()->first;
      } else if (outcome->rows->num_rows() == 1) {
        const auto& text = static_cast<const arrow::StringArray&>(*outcome->rows->GetColumnByName("text"));
        verdict = "kept\t" + hash_bytes(text.GetView(0)).hex();
      }
      std::printf("%s\t%s\n", id.GetString(row).c_str(), verdict.c_str());
    }
  }
  return 0;
}

/// Signatures through the operator, then clusters through the fold.
int minhash(const Texts& texts, const std::string& form, const std::string& keep) {
  const std::vector<Batch> batches = batches_of(texts);
  const auto chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, {{"minhash", {{"form", form}}}});
  if (!chain.ok()) return fail(chain.status());
  Context context;
  double best = 1e9;
  std::vector<Batch> signed_rows;
  for (int round = 0; round < 5; ++round) {
    auto runner = ChainRunner::make(*chain);
    if (!runner.ok()) return fail(runner.status());
    signed_rows.clear();
    const double began = cpu_seconds();
    for (const Batch& batch : batches) {
      auto outcome = (*runner)->run(batch, context);
      if (!outcome.ok()) return fail(outcome.status());
      signed_rows.push_back(outcome->rows);
    }
    best = std::min(best, cpu_seconds() - began);
  }
  const FoldDef* fold = find_fold("dedup_minhash");
  auto options = Options::resolve(fold->options, {{"keep", keep}, {"drop", false}});
  if (!options.ok()) return fail(options.status());
  const double began = cpu_seconds();
  auto folded = run_fold(stream_of(signed_rows.front()->schema(), signed_rows), *fold, *options, "/tmp", context);
  if (!folded.ok()) return fail(folded.status());
  std::string lines;
  while (true) {
    auto batch = (*folded)->next(context);
    if (!batch.ok()) return fail(batch.status());
    if (!*batch) break;
    const auto column = [&](const char* name) { return (**batch)->GetColumnByName(name); };
    const auto ids = column("id"), clusters = column("cluster"), duplicates = column("duplicate");
    for (std::int64_t row = 0; row < (**batch)->num_rows(); ++row) {
      lines += static_cast<const arrow::StringArray&>(*ids).GetString(row) + '\t';
      lines +=
          clusters->IsNull(row) ? "-" : std::to_string(static_cast<const arrow::Int64Array&>(*clusters).Value(row));
      lines += static_cast<const arrow::BooleanArray&>(*duplicates).Value(row) ? "\tgoes\n" : "\tstays\n";
    }
  }
  const double clustering = cpu_seconds() - began;
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s (signatures %.3f s, clusters %.3f s)\n", best + clustering,
               texts.size_mb, texts.size_mb / (best + clustering), best, clustering);
  std::fputs(lines.c_str(), stdout);
  return 0;
}

int tokens(const Texts& texts, const std::string& path) {
  const auto tokenizer = model::TokenizerFile::load(path);
  if (!tokenizer.ok()) return fail(tokenizer.status());
  double best = 1e9;
  std::vector<std::int32_t> ids;
  for (int round = 0; round < 3; ++round) {
    const auto encoder = (*tokenizer)->encoder();
    const double began = cpu_seconds();
    for (const std::string& text : texts.texts) {
      ids.clear();
      encoder->encode(text, ids);
    }
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, texts.size_mb, texts.size_mb / best);
  const auto encoder = (*tokenizer)->encoder();
  for (std::size_t i = 0; i < texts.texts.size(); ++i) {
    ids.clear();
    encoder->encode(texts.texts[i], ids);
    std::uint64_t sum = 1469598103934665603ULL;  // FNV-1a over the ids' bytes
    for (const std::int32_t id : ids) {
      for (int shift = 0; shift < 32; shift += 8)
        sum = (sum ^ (static_cast<std::uint32_t>(id) >> shift & 255)) * 1099511628211ULL;
    }
    std::printf("%s\t%zu\t%016llx\n", texts.ids[i].c_str(), ids.size(), static_cast<unsigned long long>(sum));
  }
  return 0;
}

/// Learns the words of every second text, then scores all by the operator.
int perplexity(const Texts& texts, const std::string& path) {
  std::vector<std::string_view> learned;
  double learned_mb = 0;
  for (std::size_t i = 0; i < texts.texts.size(); i += 2) {
    learned.push_back(texts.texts[i]);
    learned_mb += static_cast<double>(texts.texts[i].size()) / 1e6;
  }
  Context context;
  context.set_memory_limit(std::int64_t{4} << 30);
  const double started = cpu_seconds();
  if (const Status status = curate::train_word_model(learned, 5, path, context); !status.ok()) return fail(status);
  const double training = cpu_seconds() - started;
  const std::vector<Batch> batches = batches_of(texts);
  const auto chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, {{"perplexity", {{"model", path}}}});
  if (!chain.ok()) return fail(chain.status());
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    auto runner = ChainRunner::make(*chain);
    if (!runner.ok()) return fail(runner.status());
    const double began = cpu_seconds();
    for (const Batch& batch : batches) {
      const auto outcome = (*runner)->run(batch, context);
      if (!outcome.ok()) return fail(outcome.status());
      if (round > 0) continue;
      const auto ids = outcome->rows->GetColumnByName("id"), scores = outcome->rows->GetColumnByName("perplexity");
      for (std::int64_t row = 0; row < outcome->rows->num_rows(); ++row) {
        const bool blank = scores->IsNull(row);
        std::printf("%s\t%.17g\n", static_cast<const arrow::StringArray&>(*ids).GetString(row).c_str(),
                    blank ? 0.0 : static_cast<const arrow::DoubleArray&>(*scores).Value(row));
      }
    }
    if (round > 0) best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s (trained at %.1f MB/s)\n", best, texts.size_mb,
               texts.size_mb / best, learned_mb / training);
  return 0;
}

/// What the two patterns find, in hexadecimal; the CPU seconds are those of the operator.
int pii(const Texts& texts) {
  const std::vector<Batch> batches = batches_of(texts);
  const auto chain = Chain::plan({{"id", utf8()}, {"text", utf8()}}, {{"mask_pii", {}}});
  if (!chain.ok()) return fail(chain.status());
  Context context;
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    auto runner = ChainRunner::make(*chain);
    const double began = cpu_seconds();
    for (const Batch& batch : batches) {
      const auto outcome = (*runner)->run(batch, context);
      if (!outcome.ok()) return fail(outcome.status());
    }
    best = std::min(best, cpu_seconds() - began);
  }
  std::fprintf(stderr, "%.6f CPU s for %.3f MB: %.1f MB/s\n", best, texts.size_mb, texts.size_mb / best);
  std::vector<curate::Found> found;
  const auto print = [&](const std::string& id, char kind, std::string_view text) {
    for (const curate::Found& each : found) {
      std::printf("%s\t%c\t", id.c_str(), kind);
      for (std::size_t i = each.begin; i < each.end; ++i) std::printf("%02x", static_cast<unsigned char>(text[i]));
      std::printf("\n");
    }
  };
  for (std::size_t i = 0; i < texts.ids.size(); ++i) {
    curate::find_emails(texts.texts[i], found);
    print(texts.ids[i], 'e', texts.texts[i]);
    curate::find_addresses(texts.texts[i], true, found);
    print(texts.ids[i], 'i', texts.texts[i]);
  }
  return 0;
}

}  // namespace
}  // namespace millpond

int main(int count, char** arguments) {
  const std::string what = count > 2 ? arguments[1] : "";
  if (what.empty()) {
    std::fprintf(stderr,
                 "usage: bench_curation_text filters TEXTS [english|simple] | minhash TEXTS [datatrove|fast] [KEEP] | "
                 "pii TEXTS | tokens TEXTS TOKENIZER_JSON | perplexity TEXTS MODEL\n");
    return 2;
  }
  const millpond::Texts texts = millpond::read(arguments[2]);
  if (what == "filters") return millpond::filters(texts, count > 3 ? arguments[3] : "english");
  if (what == "minhash") {
    return millpond::minhash(texts, count > 3 ? arguments[3] : "datatrove", count > 4 ? arguments[4] : "first");
  }
  if (what == "pii") return millpond::pii(texts);
  if (what == "perplexity" && count > 3) return millpond::perplexity(texts, arguments[3]);
  if (what == "tokens" && count > 3) return millpond::tokens(texts, arguments[3]);
  std::fprintf(stderr, "no such part: %s\n", what.c_str());
  return 2;
}
