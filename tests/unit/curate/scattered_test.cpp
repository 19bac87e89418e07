// Folds in passes over rows that lie in many places give what they give in one place.

#include "millpond/scattered.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/take.h"
#include "millpond/registry.h"

namespace millpond::curate {
namespace {

constexpr int kPieceRows = 97;

/// What an engine does: pieces, a shuffle by place, and the driver between.
class Places {
 public:
  Places(const FoldDef& def, const Options& options, int places) : def_(def), options_(options), places_(places) {}

  Batch run(const Batch& rows) {
    const std::vector<Batch> pieces = cut(rows);
    std::vector<std::string> tallies;
    std::vector<Batch> records;
    NextPass next;
    std::string plan;
    for (passes = 0; passes < 60; ++passes) {
      auto decided = next_pass(def_, options_, plan, tallies);
      EXPECT_TRUE(decided.ok()) << decided.status().to_string();
      if (!decided.ok()) return nullptr;
      next = *decided, plan = next.plan;
      if (next.pass == Pass::kJudge) return judged(pieces, records, plan);
      std::vector<Batch> made;
      tallies.clear();
      if (next.pass == Pass::kRows) {
        for (const Batch& piece : pieces) {
          auto stream = note_rows(def_, options_, plan, stream_of(piece->schema(), {piece}));
          drain(std::move(stream), made, tallies, rows->num_rows());
        }
      } else if (next.pass == Pass::kAnswer) {
        for (const Batch& piece : addressed(pieces, records)) {
          auto stream = note_rows(def_, options_, plan, stream_of(piece->schema(), {piece}));
          drain(std::move(stream), made, tallies, rows->num_rows());
        }
      } else {
        for (const auto& part : shuffled(records)) {
          if (part)
            drain(work_records(def_, options_, plan, stream_of(part->schema(), {part}), context_), made, tallies, 0);
        }
      }
      records = std::move(made);
    }
    ADD_FAILURE() << "no end";
    return nullptr;
  }

  int passes = 0;
  double largest_share = 0;  ///< of the rows that one place saw in a pass

 private:
  std::vector<Batch> cut(const Batch& rows) {
    std::vector<Batch> pieces;
    for (std::int64_t begin = 0; begin < rows->num_rows(); begin += kPieceRows) {
      const Batch piece = rows->Slice(begin, kPieceRows);
      arrow::Int64Builder numbers;
      for (std::int64_t i = 0; i < piece->num_rows(); ++i) {
        EXPECT_TRUE(numbers.Append((static_cast<std::int64_t>(pieces.size()) << kPieceShift) + i).ok());
      }
      pieces.push_back(*piece->AddColumn(piece->num_columns(), std::string(kFoldPosition), *numbers.Finish()));
    }
    return pieces;
  }

  void drain(Result<std::unique_ptr<Stream>> stream, std::vector<Batch>& made, std::vector<std::string>& tallies,
             std::int64_t of_rows) {
    ASSERT_TRUE(stream.ok()) << stream.status().to_string();
    while (true) {
      const auto batch = (*stream)->next(context_);
      ASSERT_TRUE(batch.ok()) << batch.status().to_string();
      if (!*batch) return;
      const auto& kinds = static_cast<const arrow::Int32Array&>(*(**batch)->column(1));
      std::vector<std::int64_t> kept;
      for (std::int64_t row = 0; row < kinds.length(); ++row) {
        if (kinds.Value(row) != kTally) {
          kept.push_back(row);
          continue;
        }
        tallies.emplace_back(static_cast<const arrow::BinaryArray&>(*(**batch)->column(4)).GetView(row));
        const auto seen = static_cast<const arrow::Int64Array&>(*(**batch)->column(2)).Value(row);
        if (of_rows > 0) largest_share = std::max(largest_share, double(seen) / double(of_rows));
      }
      if (!kept.empty()) made.push_back(*take(**batch, kept));
    }
  }

  std::vector<Batch> shuffled(const std::vector<Batch>& records) {
    std::vector<Batch> parts(static_cast<std::size_t>(places_));
    if (records.empty()) return parts;
    const Batch all = *concatenate(records);
    const auto& place = static_cast<const arrow::Int64Array&>(*all->column(0));
    std::vector<std::vector<std::int64_t>> rows(parts.size());
    for (std::int64_t row = 0; row < all->num_rows(); ++row) {
      const auto hash = static_cast<std::uint64_t>(place.Value(row)) * 0x9E3779B97F4A7C15ULL >> 40;
      rows[hash % parts.size()].push_back(row);
    }
    std::mt19937 random(7);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      std::shuffle(rows[i].begin(), rows[i].end(), random);  // an engine promises no order
      if (!rows[i].empty()) parts[i] = *take(all, rows[i]);
    }
    return parts;
  }

  /// The pieces, each row after the records on it.
  std::vector<Batch> addressed(const std::vector<Batch>& pieces, const std::vector<Batch>& records) {
    std::vector<Batch> both;
    for (const Batch& piece : pieces) {
      const auto numbers = piece->GetColumnByName(std::string(kFoldPosition));
      const std::int64_t of = piece_of(static_cast<const arrow::Int64Array&>(*numbers).Value(0));
      arrow::BinaryBuilder values;
      arrow::Int64Builder rows;
      std::vector<std::int64_t> order;  // any row, in the place of those columns that a record does not have
      for (const Batch& batch : records) {
        for (std::int64_t i = 0; i < batch->num_rows(); ++i) {
          if (static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(i) != of) continue;
          EXPECT_TRUE(values.Append(static_cast<const arrow::BinaryArray&>(*batch->column(4)).GetView(i)).ok());
          EXPECT_TRUE(rows.Append(static_cast<const arrow::Int64Array&>(*batch->column(2)).Value(i)).ok());
          order.push_back(0);
        }
      }
      for (std::int64_t i = 0; i < piece->num_rows(); ++i) {
        EXPECT_TRUE(values.AppendNull().ok());
        EXPECT_TRUE(rows.Append(static_cast<const arrow::Int64Array&>(*numbers).Value(i)).ok());
        order.push_back(i);
      }
      const int place = piece->schema()->GetFieldIndex(std::string(kFoldPosition));
      const Batch whole = *(*take(piece, order))->SetColumn(place, piece->schema()->field(place), *rows.Finish());
      both.push_back(*whole->AddColumn(whole->num_columns(), std::string(kVerdictColumn), *values.Finish()));
    }
    return both;
  }

  Batch judged(const std::vector<Batch>& pieces, const std::vector<Batch>& records, const std::string& plan) {
    const std::unique_ptr<ScatteredSurvey> survey = *scattered(def_, options_, plan);
    for (const Batch& batch : records) {
      for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
        const auto value = static_cast<const arrow::BinaryArray&>(*batch->column(4)).GetView(row);
        const auto number = static_cast<const arrow::Int64Array&>(*batch->column(2)).Value(row);
        EXPECT_TRUE(survey->verdict(number, value).ok());
      }
    }
    std::vector<Batch> results;
    for (const Batch& piece : pieces) {
      auto batch = survey->judge(piece, context_);
      EXPECT_TRUE(batch.ok()) << batch.status().to_string();
      if (batch.ok() && (*batch)->num_rows() > 0) results.push_back(*batch);
    }
    if (results.empty()) return nullptr;
    const Batch all = *concatenate(results);
    return *all->RemoveColumn(all->schema()->GetFieldIndex(std::string(kFoldPosition)));
  }

  const FoldDef& def_;
  const Options& options_;
  const int places_;
  Context context_;
};

Batch in_one_place(const FoldDef& def, const Options& options, const Batch& rows) {
  Context context;
  auto results = run_fold(stream_of(rows->schema(), {rows}), def, options, {}, context);
  EXPECT_TRUE(results.ok()) << results.status().to_string();
  std::vector<Batch> batches;
  while (true) {
    const auto batch = (*results)->next(context);
    EXPECT_TRUE(batch.ok()) << batch.status().to_string();
    if (!batch.ok() || !*batch) break;
    batches.push_back(**batch);
  }
  return *concatenate(batches);
}

void same(const char* fold, const std::map<std::string, OptionValue>& given, const Batch& rows, int passes_most) {
  const FoldDef& def = *find_fold(fold);
  const auto options = Options::resolve(def.options, given);
  ASSERT_TRUE(options.ok()) << options.status().to_string();
  const Batch expected = in_one_place(def, *options, rows);
  for (const int places : {1, 5}) {
    Places engine(def, *options, places);
    const Batch found = engine.run(rows);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->Equals(*expected, false)) << fold << " in " << places << " places\n"
                                                 << found->num_rows() << " rows, not " << expected->num_rows();
    EXPECT_LE(engine.passes, passes_most) << fold;
    EXPECT_LT(engine.largest_share, 0.2);
  }
}

/// Rows of which every one shares a key with some other far away: chains of `chain` rows in a random order.
/// `seed` 0: in the order of the table.
Batch rows_in_chains(int count, int chain, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int> order(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = i;
  if (seed != 0) std::shuffle(order.begin(), order.end(), random);
  arrow::StringBuilder texts, sources;
  arrow::BinaryBuilder signatures;
  arrow::Int64Builder bits, scores;
  for (const int i : order) {
    const auto of_chain = static_cast<std::uint32_t>(i / chain), link = static_cast<std::uint32_t>(i % chain);
    const std::uint32_t before = of_chain << 16 | link, after = before + 1;  // band 0 of one is band 1 of the next
    const bool odd = link % 2 != 0;
    const std::uint32_t values[4] = {odd ? after : before, 1, odd ? before : after, 2};
    std::string signature = {'M', 'f', 5, 2, 2, 1, 0, 0};
    signature.append(reinterpret_cast<const char*>(values), sizeof values);
    if (i % 211 == 5) {
      EXPECT_TRUE(signatures.AppendNull().ok());
    } else {
      EXPECT_TRUE(signatures.Append(signature).ok());
    }
    std::string text;
    for (std::uint32_t words = random() % 300; words > 0; --words)
      text += "w" + std::to_string(random() % (50 + 9u * of_chain)) + " ";
    const std::int64_t value = i % 7 == 0 ? static_cast<std::int64_t>(random()) << 20
                                          : (std::int64_t{of_chain} << 33) ^ (1LL << (random() % 20));
    EXPECT_TRUE(texts.Append(text).ok() && bits.Append(value).ok() && scores.Append(random() % 4).ok());
    EXPECT_TRUE(sources.Append(i % 3 == 0 ? "wiki" : i % 10 == 1 ? "books" : "web").ok());
  }
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8(), false), arrow::field("source", arrow::utf8()),
                                     arrow::field("minhash", arrow::binary()), arrow::field("simhash", arrow::int64()),
                                     arrow::field("score", arrow::int64())});
  return arrow::RecordBatch::Make(
      schema, count, {*texts.Finish(), *sources.Finish(), *signatures.Finish(), *bits.Finish(), *scores.Finish()});
}

TEST(Scattered, NearDuplicatesAreTheSame) {
  for (const int chain : {1, 2, 3, 60, 1000}) {
    const Batch rows = rows_in_chains(1000, chain, 3 + static_cast<std::uint32_t>(chain));
    same("dedup_minhash", {}, rows, 30);
    same("dedup_minhash", {{"drop", false}}, rows, 30);
    same("dedup_minhash", {{"keep", "longest"}, {"drop", false}}, rows, 30);
    same("dedup_minhash", {{"keep", "highest"}, {"by", "score"}}, rows, 30);
    same("dedup_minhash", {{"keep", "datatrove"}, {"drop", false}}, rows, 30);
  }
}

TEST(Scattered, ChainsAlongTheTableAreTheSame) {
  // Each row has but one neighbour before it, so one of the two steps has nothing to do while the other has.
  const Batch rows = rows_in_chains(1000, 500, 0);
  same("dedup_minhash", {{"drop", false}}, rows, 30);
  same("dedup_minhash", {{"keep", "datatrove"}, {"drop", false}}, rows, 30);
}

TEST(Scattered, NearBitsAreTheSame) {
  const Batch rows = rows_in_chains(1000, 9, 5);
  same("dedup_hamming", {{"drop", false}}, rows, 30);
  same("dedup_hamming", {{"keep", "longest"}, {"bits_max", std::int64_t{1}}}, rows, 30);
  same("dedup_image", {{"column", "simhash"}, {"by", "score"}, {"bits_max", std::int64_t{2}}}, rows, 30);
}

/// Texts of lines that come again in other texts, whole, in part, and shifted; some texts are empty, null or copies.
Batch rows_with_repeats(int count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::string> lines;
  for (int i = 0; i < 60; ++i) {
    std::string line;
    for (std::uint32_t words = 3 + random() % 30; words > 0; --words) line += "w" + std::to_string(random() % 90) + " ";
    lines.push_back(line + (i % 9 == 0 ? "caf\u00e9 \u2013 " : ""));
  }
  arrow::StringBuilder texts, names;
  std::string before;
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (std::uint32_t parts = random() % 7; parts > 0; --parts) {
      const std::string& line = lines[random() % lines.size()];
      if (random() % 3 == 0)
        text += line.substr(0, random() % line.size());
      else
        text += line;
      if (random() % 4 == 0) text += "own" + std::to_string(random()) + " ";
      if (random() % 5 == 0) text += std::string(random() % 150, random() % 2 ? '-' : '=');
      text += random() % 3 == 0 ? "\n\n" : "\n";
    }
    if (i % 13 == 4) text = before;
    before = text;
    EXPECT_TRUE((i % 31 == 7 ? texts.AppendNull() : texts.Append(text)).ok());
    EXPECT_TRUE((i % 11 == 3 ? names.AppendNull() : names.Append("row " + std::to_string(i))).ok());
  }
  const auto schema = arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("id", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, count, {*texts.Finish(), *names.Finish()});
}

TEST(Scattered, LinesAreTheSame) {
  for (const std::uint32_t seed : {1U, 2U}) {
    const Batch rows = rows_with_repeats(1000, seed);
    same("dedup_lines", {{"drop", false}}, rows, 4);
    same("dedup_lines", {}, rows, 4);
    same("dedup_lines", {{"unit", "paragraph"}, {"bytes_min", std::int64_t{0}}, {"normalise", false}}, rows, 4);
    same("dedup_lines", {{"drop", false}}, *rows->RemoveColumn(1), 4);
  }
}

TEST(Scattered, SpansAreTheSame) {
  for (const std::uint32_t seed : {3U, 4U}) {
    const Batch rows = rows_with_repeats(500, seed);
    for (const std::int64_t bytes : {16, 100}) {
      same("dedup_spans", {{"bytes", bytes}, {"drop", false}}, rows, 6);
      same("dedup_spans", {{"bytes", bytes}}, rows, 6);
    }
  }
  same("dedup_spans", {{"bytes", std::int64_t{60}}, {"drop", false}}, *rows_with_repeats(500, 6)->RemoveColumn(1), 6);
}

TEST(Scattered, AFilterSeesTheSame) {
  const Batch rows = rows_with_repeats(1000, 8);
  same("dedup_bloom", {{"drop", false}}, rows, 3);
  same("dedup_bloom", {{"unit", "line"}, {"words", std::int64_t{3}}, {"part_min", 0.5}}, rows, 3);
  // A filter so small that most of what it says it has seen is not so: the same mistakes.
  same("dedup_bloom",
       {{"words", std::int64_t{2}}, {"items", std::int64_t{500}}, {"false_positives", 0.2}, {"drop", false}}, rows, 3);
}

/// Vectors around some directions; some are missing, empty, or of no direction.
Batch rows_with_vectors(int count, int length, int directions, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> centres(static_cast<std::size_t>(directions));
  for (auto& centre : centres) {
    for (int i = 0; i < length; ++i) centre.push_back(normal(random));
  }
  arrow::StringBuilder texts;
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder vectors(arrow::default_memory_pool(), values);
  for (int row = 0; row < count; ++row) {
    EXPECT_TRUE(texts.Append(std::string(random() % 40, 'x')).ok());
    if (row % 101 == 50) {
      EXPECT_TRUE(vectors.AppendNull().ok());
      continue;
    }
    EXPECT_TRUE(vectors.Append().ok());
    if (row % 103 == 9) continue;
    const auto& centre = centres[random() % centres.size()];
    const float spread = random() % 3 == 0 ? 0.02F : 0.3F;
    for (const float each : centre) {
      EXPECT_TRUE(values->Append(row % 107 == 3 ? 0.0F : each + spread * normal(random)).ok());
    }
  }
  const auto schema =
      arrow::schema({arrow::field("text", arrow::utf8()), arrow::field("embedding", arrow::list(arrow::float32()))});
  return arrow::RecordBatch::Make(schema, count, {*texts.Finish(), *vectors.Finish()});
}

TEST(Scattered, NearVectorsAreTheSame) {
  const Batch rows = rows_with_vectors(3000, 24, 200, 3);
  same("dedup_semantic", {{"drop", false}}, rows, 30);
  same("dedup_semantic", {{"groups", std::int64_t{40}}, {"keep", "longest"}, {"drop", false}}, rows, 30);
  same("dedup_semantic", {{"groups", std::int64_t{7}}, {"similarity_min", 0.99}}, rows, 30);
  same("dedup_semantic", {{"drop", false}}, rows_with_vectors(600, 5, 4, 4), 30);
}

TEST(Scattered, ALargeGroupOfVectorsIsCutIntoBlocks) {
  same("dedup_semantic", {{"groups", std::int64_t{1}}, {"similarity_min", 0.9999}, {"drop", false}},
       rows_with_vectors(9000, 8, 300, 5), 30);
}

TEST(Scattered, VectorsOfTwoLengthsAreAnError) {
  const FoldDef& def = *find_fold("dedup_semantic");
  const Options options = *Options::resolve(def.options, {});
  const std::string plan = next_pass(def, options, {}, {})->plan;
  std::vector<std::string> tallies;
  for (const int length : {4, 5}) {
    const auto survey = *scattered(def, options, plan);
    const Batch rows = rows_with_vectors(3, length, 1, 6);
    arrow::Int64Builder numbers;
    for (std::int64_t i = 0; i < 3; ++i) ASSERT_TRUE(numbers.Append((std::int64_t{length} << kPieceShift) + i).ok());
    struct : RecordSink {
      Status add(const Record&) override { return {}; }
    } sink;
    Context context;
    const Batch numbered = *rows->AddColumn(2, std::string(kFoldPosition), *numbers.Finish());
    ASSERT_TRUE(survey->note(numbered, sink, context).ok());
    tallies.push_back(*survey->tally());
  }
  EXPECT_EQ(next_pass(def, options, plan, tallies).status().code(), Code::kInvalidArgument);
}

TEST(Scattered, MixesAreTheSame) {
  const Batch rows = rows_in_chains(1000, 9, 6);
  same("mix", {{"weights", std::vector<std::string>{"web=0.5", "wiki=0.3", "books=0.2"}}, {"epochs_max", 3.0}}, rows,
       2);
  same("mix", {{"temperature", 2.0}, {"measure", "rows"}, {"copies", false}}, rows, 2);
  same("mix", {{"quotas", std::vector<std::string>{"web=200", "wiki=77"}}, {"measure", "rows"}}, rows, 2);
}

TEST(Scattered, SamplesAreTheSame) {
  const Batch rows = rows_in_chains(600, 9, 8);
  const OptionValue wiki = std::vector<std::string>{"wiki"};
  same("dsir", {{"target", wiki}, {"drop", false}, {"keep_target", true}}, rows, 12);
  same("dsir", {{"target", wiki}, {"rows", std::int64_t{123}}, {"sample", "top"}, {"buckets", std::int64_t{50}}}, rows,
       12);
  same("dsir", {{"target", wiki}, {"words_min", std::int64_t{1}}, {"share", 1.0}, {"seed", std::int64_t{4}}}, rows, 12);
}

}  // namespace
}  // namespace millpond::curate
