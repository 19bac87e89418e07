// pond.yaml: what is read, and how mistakes are told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millpond/flow/flow.h"
#include "millpond/flow/vector_column.h"

namespace millpond::flow {
namespace {

using ::testing::HasSubstr;

Status plan_of(std::string_view yaml) {
  auto flow = parse_flow(yaml, "pond.yaml");
  if (!flow.ok()) return std::move(flow).status();
  return plan(*std::move(flow)).status();
}

TEST(Parse, TheDefaultFlowIsAFlow) {
  const auto flow = parse_flow(default_flow_text(), "pond.yaml");
  ASSERT_TRUE(flow.ok()) << flow.status().to_string();
  ASSERT_EQ(flow->tables.size(), 2u);
  EXPECT_EQ(flow->tables[0].name, "documents");
  EXPECT_EQ(flow->tables[1].steps[0].name, "chunk");
  EXPECT_EQ(std::get<std::int64_t>(flow->tables[1].steps[0].options.at("tokens_max")), 254);
  EXPECT_EQ(flow->indexes[0].vector, "embedding");
  EXPECT_TRUE(plan(*flow).ok()) << plan(*flow).status().to_string();
}

TEST(Parse, TablesThatMillpondKeepsItselfAreRefused) {
  for (const char* name : {"sources", "runs", "rejects", "evaluations"}) {
    const auto flow =
        parse_flow("tables:\n  " + std::string(name) + ": {from: sources, steps: [extract]}\n", "pond.yaml");
    ASSERT_FALSE(flow.ok()) << name;
    EXPECT_NE(flow.status().message().find("millpond's own: " + std::string(name)), std::string::npos);
  }
}

TEST(Parse, AFlowWithoutTablesHasTheDefaultOnes) {
  const auto flow = parse_flow("version: 1\nsources:\n  - files: /tmp\n", "pond.yaml");
  ASSERT_TRUE(flow.ok()) << flow.status().to_string();
  EXPECT_EQ(flow->tables.size(), 2u);
  EXPECT_EQ(flow->indexes.size(), 1u);
  EXPECT_EQ(flow->sources[0].kind, "files");
  EXPECT_EQ(flow->sources[0].name, "/tmp");
}

TEST(Parse, AFlowWithTablesAndNoIndexesHasNoIndex) {
  const auto flow = parse_flow("tables:\n  documents: {from: sources, steps: [extract]}\n", "pond.yaml");
  ASSERT_TRUE(flow.ok()) << flow.status().to_string();
  EXPECT_TRUE(flow->indexes.empty());
}

TEST(Parse, AnIndexSaysHowItRanks) {
  const auto parse = [](const std::string& ranking) {
    return parse_flow(
        "tables: {a: {from: sources, steps: [extract]}}\nindexes: {a: {text: text, ranking: " + ranking + "}}",
        "pond.yaml");
  };
  const auto flow =
      parse("{vector: 0.7, feedback: 0, rerank: judge, rerank_url: http://localhost:1/v1, rerank_top: 20}");
  ASSERT_TRUE(flow.ok()) << flow.status().to_string();
  const RankingSpec& ranking = flow->indexes[0].ranking;
  EXPECT_EQ(ranking.vector, 0.7);
  EXPECT_EQ(ranking.feedback, 0);
  EXPECT_EQ(ranking.rerank, "judge");
  EXPECT_EQ(ranking.rerank_top, 20);
  EXPECT_EQ(parse("{}")->indexes[0].ranking.feedback, 0.45);
  for (const char* wrong :
       {"{vector: 2}", "{feedback: lots}", "{rerank_top: 0}", "{rerank_url: http://x}", "{best: 1}"})
    EXPECT_EQ(parse(wrong).status().code(), Code::kInvalidArgument) << wrong;
}

TEST(Parse, AnUnknownKeyNamesFileAndLine) {
  const Status status = plan_of("version: 1\ntabels: {}\n");
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("pond.yaml:2: unknown key: tabels"));
  EXPECT_THAT(status.hint(), HasSubstr("tables"));
}

TEST(Parse, BrokenYamlNamesTheLine) {
  const Status status = plan_of("version: 1\ntables: {a: [\n");
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("pond.yaml:"));
}

TEST(Parse, AnotherVersionIsRefused) { EXPECT_THAT(plan_of("version: 9\n").message(), HasSubstr("version 1")); }

TEST(Parse, OwnTablesCannotBeDerived) {}

TEST(Plan, AnUnknownOptionHasAHint) {
  const Status status = plan_of("tables:\n  documents: {from: sources, steps: [{extract: {pages_mx: 3}}]}\n");
  EXPECT_THAT(status.message(), HasSubstr("pond.yaml:2: table documents: extract: unknown option: pages_mx"));
  EXPECT_EQ(status.hint(), "Did you mean pages_max?");
}

TEST(Plan, AnOptionOfTheWrongTypeIsTold) {
  const Status status = plan_of("tables:\n  documents: {from: sources, steps: [{extract: {pages_max: many}}]}\n");
  EXPECT_THAT(status.message(), HasSubstr("pages_max takes a whole number, not text"));
}

TEST(Plan, AnUnknownOperatorIsTold) {
  const Status status = plan_of("tables:\n  documents: {from: sources, steps: [extrakt]}\n");
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no such operator: extrakt"));
}

TEST(Plan, AStepThatReadsWhatIsNotThereIsTold) {
  const Status status = plan_of("tables:\n  chunks: {from: sources, steps: [chunk]}\n");
  EXPECT_THAT(status.message(), HasSubstr("chunk: reads a column that nothing before it provides: elements"));
  EXPECT_THAT(status.hint(), HasSubstr("sha256"));
}

TEST(Plan, ACycleIsTold) {
  const Status status = plan_of("tables:\n  a: {from: b}\n  b: {from: a}\n");
  EXPECT_THAT(status.message(), HasSubstr("depends on itself"));
}

TEST(Plan, AKeptColumnMustExist) {
  EXPECT_THAT(plan_of("tables:\n  a: {from: sources, keep: [colour]}\n").message(),
              HasSubstr("keeps a column that sources does not have: colour"));
}

TEST(Plan, AnIndexNeedsColumnsOfItsType) {
  EXPECT_THAT(plan_of("tables:\n  a: {from: sources, keep: [uri]}\nindexes:\n  a: {text: [size]}\n").message(),
              HasSubstr("no text column to index: size"));
  EXPECT_THAT(plan_of("tables:\n  a: {from: sources, keep: [uri]}\nindexes:\n  a: {vector: uri}\n").message(),
              HasSubstr("no vector column"));
  EXPECT_THAT(plan_of("tables:\n  a: {from: sources}\nindexes:\n  b: {text: [uri]}\n").message(),
              HasSubstr("does not have: b"));
}

TEST(Plan, TheFingerprintCoversStepsOptionsAndKeptColumns) {
  const auto fingerprint = [](std::string_view table) {
    auto planned = plan(*parse_flow("tables:\n  a: " + std::string(table) + "\n", "pond.yaml"));
    return planned.ok() ? planned->tables[0].fingerprint : planned.status().to_string();
  };
  const std::string base = fingerprint("{from: sources, keep: [uri], steps: [extract]}");
  EXPECT_EQ(base, fingerprint("{from: sources, keep: [uri], steps: [{extract: {}}]}"));
  EXPECT_NE(base, fingerprint("{from: sources, keep: [uri], steps: [{extract: {pages_max: 7}}]}"));
  EXPECT_NE(base, fingerprint("{from: sources, keep: [uri, size], steps: [extract]}"));
}

TEST(WithFilesSource, KeepsTheRestOfTheText) {
  const auto text =
      with_files_source("# mine\nversion: 1\nsources: []\n\n# tables stay default\n", "/home/a/b c", "pond.yaml");
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(*text, "# mine\nversion: 1\nsources:\n  - files: \"/home/a/b c\"\n\n# tables stay default\n");
}

TEST(WithFilesSource, GoesAfterTheLastEntryAtItsIndent) {
  const auto text =
      with_files_source("sources:\n- files: /a\n  exclude: [x]\ntables:\n  t: {from: sources}\n", "/b", "pond.yaml");
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(*text, "sources:\n- files: /a\n  exclude: [x]\n- files: \"/b\"\ntables:\n  t: {from: sources}\n");
}

TEST(WithFilesSource, WritesTheSectionIfThereIsNone) {
  const auto text = with_files_source("version: 1\n", "/a\"b", "pond.yaml");
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(parse_flow(*text, "pond.yaml")->sources[0].name, "/a\"b");
}

TEST(ParseFlow, AnIndexMaySayHowItsVectorsAreComparedAndKept) {
  const auto declared = [](const std::string& vector) -> std::string {
    const auto flow = parse_flow("indexes:\n  t: {vector: " + vector + "}\n", "pond.yaml");
    return flow.ok() ? flow->indexes.at(0).vector : flow.status().message();
  };
  EXPECT_EQ(declared("embedding"), "embedding");
  EXPECT_EQ(declared("{column: a, metric: inner_product, keep: f32}"), "a");
  EXPECT_EQ(declared("[a, {column: b, metric: cosine, keep: f16, dims: 128}]"), "a, b metric=cosine keep=f16 dims=128");
  EXPECT_EQ(declared("{column: a, keep: bit}"), "a metric=hamming keep=bit");
  EXPECT_EQ(first_vector("b metric=cosine, c"), "b");
  EXPECT_THAT(declared("{column: a, metric: manhattan}"), ::testing::HasSubstr("no such metric of vectors: manhattan"));
  EXPECT_THAT(declared("{column: a, keep: f8}"), ::testing::HasSubstr("cannot be kept as: f8"));
  EXPECT_THAT(declared("{column: a, dims: none}"),
              ::testing::HasSubstr("`dims` of a vector must be a number above 0: none"));
  EXPECT_THAT(declared("{column: a, bits: 4}"), ::testing::HasSubstr("bits"));
  EXPECT_THAT(declared("{column: a, metric: l2, keep: bit}"), ::testing::HasSubstr("go together"));
  EXPECT_THAT(declared("[a, a]"), ::testing::HasSubstr("named twice: a"));
  EXPECT_THAT(declared("{metric: l2}"), ::testing::HasSubstr("expected a column"));
}

}  // namespace
}  // namespace millpond::flow
