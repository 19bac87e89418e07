// Corpora as rows, recipes by name, what rules would drop and what they decided: over real files and a real pond.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "millpond/extract/worker.h"
#include "millpond/flow/build.h"
#include "millpond/flow/lookup.h"
#include "millpond/flow/trial.h"
#include "millpond/pond/lookup.h"

namespace millpond::flow {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class CurateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millpond-curate-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    pond_ = *pond::Pond::init((root_ / ".pond").string());
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    const fs::path path = root_ / name;
    std::ofstream(path) << text;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds(100 + clock_--));
  }
  static std::string line(const std::string& id, const std::string& text) {
    return R"({"id":")" + id + R"(","text":")" + text + "\"}\n";
  }
  std::string flow_text(const std::string& more = "") const {
    return "sources:\n  - files: " + root_.string() + "/*.jsonl\ntables:\n" +
           "  texts: {from: sources, keep: [uri], steps: [read_records]}\n" + more;
  }
  Plan planned(const std::string& text) {
    auto made = plan(*parse_flow(text, "pond.yaml"));
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return *std::move(made);
  }
  std::map<std::string, TableReport> build(const std::string& text, int threads = 2) {
    Context context;
    context.set_threads(threads);
    context.provide<extract::WorkerPool>(std::make_shared<extract::WorkerPool>(MILLPOND_BINARY_DIR "/millpond"));
    auto report = flow::build(*pond_, planned(text), {}, context);
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    std::map<std::string, TableReport> reports;
    if (report.ok())
      for (const TableReport& each : report->tables) reports[each.table] = each;
    return reports;
  }
  std::map<std::string, RowId> row_ids(const std::string& table_name) {
    Context context;
    std::map<std::string, RowId> ids;
    const pond::Table table = *pond_->table(table_name);
    const auto batches = *read_all(table, pond::parts_of(*table.files()), {"id", "_row"}, context);
    for (const Batch& batch : batches) {
      const auto& names = static_cast<const arrow::StringArray&>(*batch->column(0));
      const auto& values = static_cast<const arrow::FixedSizeBinaryArray&>(*batch->column(1));
      for (std::int64_t row = 0; row < batch->num_rows(); ++row)
        EXPECT_TRUE(ids.emplace(names.GetString(row), row_id_from(values.GetView(row))).second);
    }
    return ids;
  }

  fs::path root_;
  std::shared_ptr<pond::Pond> pond_;
  int clock_ = 1000;
};

const char* const kRules =
    "  kept:\n    from: texts\n    keep: [id, text]\n"
    "    curate: {preset: gopher, gopher_quality: {words_min: 4, stop_words_min: 1}}\n";
const std::string kTea =
    "The tea has to be steeped for three minutes and then it is drunk with milk, unless somebody in the kitchen for"
    "got to buy any; lemon will do in that case, though purists frown and prefer their cup plain, hot, dark, strong.";

TEST_F(CurateTest, PathsInOptionsBeginAtTheFlowsFile) {
  const std::string steps = "steps: [{decontaminate: {against: [bench/exam.txt], words: 4}}]";
  const std::string text = flow_text("  clean: {from: texts, keep: [id, text], " + steps + "}\n");
  std::vector<std::string> fingerprints;
  for (const char* folder : {"here", "there"}) {
    fs::create_directories(root_ / folder / "bench");
    std::ofstream(root_ / folder / "bench" / "exam.txt") << "what is the capital of the country\n";
    const auto made = plan(*parse_flow(text, (root_ / folder / "pond.yaml").string()));
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    fingerprints.push_back(made->find("clean")->fingerprint);
  }
  EXPECT_EQ(fingerprints[0], fingerprints[1]);  // a pond that moves is not built anew
  EXPECT_FALSE(plan(*parse_flow(text, (root_ / "pond.yaml").string())).ok());
}

TEST_F(CurateTest, RecordsOfAFileAreRowsWithIdentitiesThatOnlyTheirPlaceDecides) {
  std::string many;
  for (int i = 0; i < 6000; ++i) many += line(std::to_string(i), std::string(600, 'x'));  // several pieces
  write("a.jsonl", many);
  write("b.jsonl", line("x", "one") + "{\n" + line("y", "two"));
  const auto reports = build(flow_text(), 4);
  EXPECT_EQ(reports.at("texts").rows_out, 6002);
  EXPECT_EQ(reports.at("texts").rows_rejected, 1);
  const auto before = row_ids("texts");
  std::set<std::string> distinct;
  for (const auto& [name, id] : before) distinct.insert(id.hex());
  EXPECT_EQ(distinct.size(), 6002U);

  write("b.jsonl", line("x", "one") + line("new", "three") + line("y", "two"));
  const auto again = build(flow_text(), 1);
  EXPECT_EQ(again.at("texts").rows_in, 3);  // of the file that changed
  EXPECT_EQ(again.at("texts").rows_deleted, 2);
  const auto after = row_ids("texts");
  EXPECT_EQ(after.size(), 6003U);
  EXPECT_EQ(after.at("17"), before.at("17"));
  Context context;
  const pond::Table rejects = *pond_->table("rejects");
  EXPECT_EQ(*rejects.rows(), 0);  // that of the old file is gone with it
}

TEST_F(CurateTest, ATrialCountsWhatABuildDrops) {
  write("a.jsonl", line("tea", kTea) + line("again", kTea) + line("short", "The tea") +
                       line("marks", "the # ### ### ### ### ### ### ###") +
                       line("other",
                            "A garden is watered in the morning, they say, because leaves"
                            " that stay wet at night invite mildew and slugs; later, under full sun, half of every can "
                            "evaporates before roots have had a sip of it."));
  Context context;
  EXPECT_EQ(try_table(*pond_, planned(flow_text(kRules)), "kept", {}, context).status().code(), Code::kNotFound);
  build(flow_text());
  const auto report = try_table(*pond_, planned(flow_text(kRules)), "kept", {}, context);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_FALSE(pond_->has_table("kept_filtered").ok() && *pond_->has_table("kept_filtered"));  // nothing was written
  EXPECT_EQ(report->rows_in, 5);
  EXPECT_EQ(report->rows_kept, 2);
  EXPECT_EQ(report->rows_joined, 1);
  EXPECT_THAT(report->silent, ElementsAre("kept_filtered: gopher_repetition"));
  std::map<std::string, std::int64_t> drops;
  std::int64_t breaks = 0;
  for (const TrialRule& rule : report->rules) {
    if (rule.drops > 0) drops[rule.step + ": " + rule.rule] = rule.drops;
    breaks += rule.breaks;
    if (rule.rule == "gopher_short_doc") {
      ASSERT_FALSE(rule.examples.empty());
      EXPECT_EQ(rule.examples[0].row, "short");
      EXPECT_EQ(rule.examples[0].value, 2.0);
    }
  }
  EXPECT_GT(breaks, 2);  // "marks" breaks several rules, and each counts it
  EXPECT_FALSE(report->overlaps.empty());

  const auto built = build(flow_text(kRules));
  EXPECT_EQ(built.at("kept_filtered").drops, drops);
  EXPECT_EQ(built.at("kept").rows_out, report->rows_kept);
}

TEST_F(CurateTest, ARowIsExplainedByValuesThresholdsAndItsCluster) {
  write("a.jsonl", line("tea", kTea) + line("short", "The tea") + line("again", kTea));
  build(flow_text(kRules));
  const Plan plan = planned(flow_text(kRules));
  Context context;
  const auto ids = row_ids("texts");
  const auto dropped = explain(*pond_, plan, "texts", ids.at("short"), context);
  ASSERT_TRUE(dropped.ok()) << dropped.status().to_string();
  ASSERT_EQ(dropped->size(), 1U);
  EXPECT_FALSE(dropped->front().kept);
  const RuleStory& rule = dropped->front().rules.front();
  EXPECT_EQ(rule.rule, "gopher_short_doc");
  EXPECT_TRUE(rule.broken && rule.at_least);
  EXPECT_EQ(rule.value, 2.0);
  EXPECT_EQ(rule.threshold, 4.0);

  const auto joined = explain(*pond_, plan, "texts", ids.at("again"), context);
  ASSERT_TRUE(joined.ok()) << joined.status().to_string();
  ASSERT_EQ(joined->size(), 2U);
  EXPECT_TRUE(joined->at(0).kept);
  EXPECT_FALSE(joined->at(1).kept);
  EXPECT_EQ(joined->at(1).cluster_size, 2);
  EXPECT_EQ(joined->at(1).stays, "tea");
  const auto stays = explain(*pond_, plan, "texts", ids.at("tea"), context);
  ASSERT_TRUE(stays.ok());
  EXPECT_TRUE(stays->at(1).kept);
  EXPECT_FALSE(stays->at(1).row.empty());
}

TEST_F(CurateTest, ATrialAndAnExplanationCountKindsAndShowNoValues) {
  write("a.jsonl", line("two", "Write to ada@mill.org, or to bob@mill.org: one of them is there.") +
                       line("none", "The miller grinds the grain to flour.") + line("short", "ada@mill.org"));
  const std::string rules =
      "  clean: {from: texts, keep: [id, text], steps: [gopher_signals, {gopher_quality: {words_min: 4, "
      "stop_words_min: 0, letter_words_min: 0}}, redact_pii]}\n";
  Context context;
  build(flow_text());
  const auto report = try_table(*pond_, planned(flow_text(rules)), "clean", {}, context);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  ASSERT_EQ(report->counts.size(), 1U);
  EXPECT_EQ(report->counts[0].step, "redact_pii");
  EXPECT_EQ(report->counts[0].rows, 1);  // not that of the row that is dropped before
  EXPECT_EQ(report->counts[0].counts, (std::map<std::string, std::int64_t>{{"email", 2}}));
  const auto story = explain(*pond_, planned(flow_text(rules)), "texts", row_ids("texts").at("two"), context);
  ASSERT_TRUE(story.ok()) << story.status().to_string();
  ASSERT_EQ(story->front().counts.size(), 1U);
  EXPECT_EQ(story->front().counts[0].counts.at("email"), 2);
}

TEST_F(CurateTest, RecipesSayWhatIsWrong) {
  const auto message = [&](const std::string& curate) {
    const auto flow = parse_flow(flow_text("  kept: {from: texts, curate: " + curate + "}\n"), "pond.yaml");
    return flow.ok() ? plan(*flow).status().to_string() : flow.status().to_string();
  };
  EXPECT_THAT(message("finewb"), HasSubstr("no such recipe: finewb"));
  EXPECT_THAT(message("{preset: c4, gopher_quality: {words_min: 3}}"),
              HasSubstr("recipe c4 has no step: gopher_quality"));
  EXPECT_THAT(message("{preset: c4, c4_quality: {sentences: 3}}"), HasSubstr("unknown option: sentences"));
  EXPECT_THAT(message("c4, steps: [mask_pii]"), HasSubstr("`curate`, or `steps` and `fold`"));
  for (const char* name :
       {"fineweb", "fineweb-safe", "gopher", "c4", "dolma", "refinedweb-like", "nemo", "data-juicer"}) {
    EXPECT_EQ(message(name), "ok") << name;
  }
  EXPECT_EQ(planned(flow_text("  kept: {from: texts, curate: {preset: fineweb, dedup: false}}\n")).tables.size(), 2U);
}

}  // namespace
}  // namespace millpond::flow
