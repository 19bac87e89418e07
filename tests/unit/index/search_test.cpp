#include "millpond/index/search.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "index_fixture.h"

namespace millpond::index {
namespace {

using ::testing::ElementsAre;

class Search : public IndexTest {
 protected:
  Found find(const Searcher& searcher, const Query& query) {
    auto found = searcher.search(query);
    EXPECT_TRUE(found.ok()) << found.status().to_string();
    return *std::move(found);
  }
  std::vector<SegmentRef> split(const std::vector<TestRow>& rows, std::size_t pieces) {
    std::vector<SegmentRef> refs;
    for (std::size_t i = 0; i < pieces; ++i) {
      const std::size_t from = rows.size() * i / pieces, to = rows.size() * (i + 1) / pieces;
      const std::string name = "piece" + std::to_string(pieces) + "_" + std::to_string(i);
      refs.push_back({write(name, {rows.begin() + static_cast<std::ptrdiff_t>(from),
                                   rows.begin() + static_cast<std::ptrdiff_t>(to)}),
                      nullptr});
    }
    return refs;
  }
};

std::vector<std::int64_t> rows_of(const Found& found) {
  std::vector<std::int64_t> rows;
  for (const Hit& hit : found.hits) rows.push_back(hit.row);
  return rows;
}

/// BM25 as its definition says, without an index.
std::vector<double> bm25(const std::vector<TestRow>& rows, const std::string& query,
                         const std::set<std::size_t>& hidden = {}) {
  std::vector<std::map<std::string, int>> counts(rows.size());
  std::vector<int> lengths(rows.size(), 0);
  double total = 0, visible = 0;
  std::map<std::string, double> with;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::istringstream words(rows[i].text);
    for (std::string word; words >> word; ++lengths[i]) ++counts[i][word];
    if (hidden.contains(i)) continue;
    total += lengths[i];
    ++visible;
    for (const auto& [word, count] : counts[i]) ++with[word];
  }
  std::vector<double> scores(rows.size(), 0);
  std::istringstream words(query);
  for (std::string word; words >> word;) {
    const double idf = std::log(1 + (visible - with[word] + 0.5) / (with[word] + 0.5));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double tf = counts[i].contains(word) ? counts[i][word] : 0;
      scores[i] += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * lengths[i] / (total / visible)));
    }
  }
  for (const std::size_t i : hidden) scores[i] = 0;
  return scores;
}

TEST_F(Search, FindsByWordsAndShowsTheRow) {
  const auto s = searcher(
      {{write("a", {{"the notice period is three months", {}}, {"holidays", {}}, {"a notice", {}}}), nullptr}});
  const Found found = find(*s, {.text = "What is the notice period?"});
  EXPECT_THAT(rows_of(found), ElementsAre(0, 2));
  EXPECT_EQ(std::get<std::string>((*s->stored(found.hits[0]))[0]), "the notice period is three months");
  EXPECT_EQ(found.terms.size(), 2U) << "what, is and the are left out";
  EXPECT_THAT(rows_of(find(*s, {.text = "the"})), ElementsAre(0)) << "but looked for when there is nothing else";
}

TEST_F(Search, ScoresAreBM25Exactly) {
  const auto rows = random_rows(700, 2);
  const auto s = searcher({{write("a", rows), nullptr}});
  for (const std::string query :
       {"w1", "w0 w7 w300", "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11", "w3 w3 w40", "w1999 nothing"}) {
    const auto expected = bm25(rows, query);
    const Found found = find(*s, {.text = query, .limit = 700});
    std::size_t matching = 0;
    for (const double score : expected) matching += score > 0 ? 1 : 0;
    EXPECT_EQ(found.hits.size(), matching);
    for (const Hit& hit : found.hits) EXPECT_NEAR(hit.score, expected[static_cast<std::size_t>(hit.row)], 1e-9);
  }
}

TEST_F(Search, SkippingNeverLosesAHit) {
  const auto rows = random_rows(20000, 1);
  const auto s = searcher({{write("a", rows), nullptr}});
  for (const std::string query : {"w0 w1 w2", "w0 w1000", "w0 w1 w5 w50 w500 w1500", "w0 w0 w0 w900"}) {
    auto expected = bm25(rows, query);
    const Found found = find(*s, {.text = query, .limit = 10});
    std::sort(expected.rbegin(), expected.rend());
    ASSERT_EQ(found.hits.size(), 10U) << query;
    for (std::size_t i = 0; i < found.hits.size(); ++i)
      EXPECT_NEAR(found.hits[i].score, expected[i], 1e-9) << query << " " << i;
    for (const int limit : {1, 3, 1000}) {  // what is skipped with another threshold
      const Found other = find(*s, {.text = query, .limit = limit});
      for (std::size_t i = 0; i < std::min(other.hits.size(), found.hits.size()); ++i) {
        EXPECT_EQ(other.hits[i].row, found.hits[i].row) << query << " " << limit;
        EXPECT_EQ(other.hits[i].score, found.hits[i].score) << query << " " << limit;
      }
    }
  }
}

TEST_F(Search, ScoresDoNotDependOnHowRowsAreSpread) {
  const auto rows = random_rows(2000, 16);
  const auto one = searcher(split(rows, 1)), seven = searcher(split(rows, 7), 2);
  Query query{.text = "w0 w3 w30 w300 w1200", .vector = rows[5].vector, .limit = 50};
  for (const Legs legs : {Legs::kWords, Legs::kVector, Legs::kHybrid}) {
    query.legs = legs;
    const Found a = find(*one, query), b = find(*seven, query);
    ASSERT_EQ(a.hits.size(), b.hits.size());
    for (std::size_t i = 0; i < a.hits.size(); ++i) {
      EXPECT_EQ(a.hits[i].words.score, b.hits[i].words.score);
      EXPECT_EQ(a.hits[i].vector.score, b.hits[i].vector.score);
      EXPECT_NEAR(a.hits[i].score, b.hits[i].score, 1e-12);
      EXPECT_EQ(a.hits[i].row, b.hits[i].row + static_cast<std::int64_t>(2000 * b.hits[i].segment / 7));
    }
  }
}

TEST_F(Search, VectorsAreComparedWithEveryRow) {
  const auto rows = random_rows(3000, 48);
  for (const bool half : {false, true}) {
    SegmentOptions options;
    options.vectors = {{.name = "embedding", .type = half ? VectorType::kF16 : VectorType::kF32}};
    const auto s = searcher({{write(half ? "half" : "full", rows, options), nullptr}});
    const auto probe = random_rows(1, 48, 99)[0].vector;
    std::vector<std::pair<double, std::int64_t>> expected;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double sum = 0;
      for (std::size_t d = 0; d < 48; ++d) sum += double{rows[i].vector[d]} * probe[d];
      expected.emplace_back(-sum, i);
    }
    std::sort(expected.begin(), expected.end());
    const Found found = find(*s, {.vector = probe, .limit = 20});
    ASSERT_EQ(found.hits.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(found.hits[i].score, -expected[i].first, half ? 2e-2 : 1e-4);
    EXPECT_TRUE(half || found.hits[0].row == expected[0].second);
  }
}

TEST_F(Search, EveryHitOfBothLegsHasItsScoreInBoth) {
  auto rows = random_rows(3000, 16);
  auto probe = random_rows(1, 16, 99)[0].vector;
  probe[0] = 3;
  for (TestRow& row : rows)
    row.vector[0] += row.text.find("w1 ") != std::string::npos ? 6 : 0;  // so that the legs agree
  const auto s = searcher({{write("a", rows), nullptr}});
  const auto words = bm25(rows, "w0 w1");
  const Found found = find(*s, {.text = "w0 w1", .vector = probe, .limit = 300});
  int beyond_words = 0, beyond_vector = 0;
  for (const Hit& hit : found.hits) {
    const TestRow& row = rows[static_cast<std::size_t>(hit.row)];
    double product = 0;
    for (std::size_t d = 0; d < 16; ++d) product += double{row.vector[d]} * probe[d];
    EXPECT_NEAR(hit.words.score, words[static_cast<std::size_t>(hit.row)], 1e-9);
    EXPECT_NEAR(hit.vector.score, product, 1e-4);
    beyond_words += hit.words.rank == 0 && hit.words.score > 0 ? 1 : 0;
    beyond_vector += hit.vector.rank == 0 ? 1 : 0;
  }
  EXPECT_GT(beyond_words, 0);
  EXPECT_GT(beyond_vector, 0);
}

TEST_F(Search, RowsWithoutAVectorAreFoundByWordsOnly) {
  const auto s = searcher({{write("a", {{"alpha", {}}, {"beta", {1, 0}}, {"alpha", {0, -1}}}), nullptr}});
  EXPECT_THAT(rows_of(find(*s, {.vector = {0, 1}})), ElementsAre(1, 2));
  EXPECT_THAT(rows_of(find(*s, {.text = "alpha", .vector = {0, 1}, .legs = Legs::kWords})), ElementsAre(0, 2));
}

TEST_F(Search, DeletedRowsLeaveNoTrace) {
  const auto rows = random_rows(600, 8);
  auto deleted = std::make_shared<RowSet>();
  std::vector<TestRow> kept;
  std::vector<std::int64_t> old_row;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % 3 == 1) {
      deleted->insert(static_cast<std::int64_t>(i));
    } else {
      kept.push_back(rows[i]);
      old_row.push_back(static_cast<std::int64_t>(i));
    }
  }
  const auto with = searcher({{write("all", rows), deleted}}), without = searcher({{write("kept", kept), nullptr}});
  EXPECT_EQ(with->rows(), 400);
  const Query query{.text = "w0 w3 w30 w300 w1200", .vector = rows[1].vector, .limit = 600};
  const Found a = find(*with, query), b = find(*without, query);
  ASSERT_EQ(a.hits.size(), b.hits.size());
  for (std::size_t i = 0; i < a.hits.size(); ++i) {
    EXPECT_EQ(a.hits[i].row, old_row[static_cast<std::size_t>(b.hits[i].row)]);
    EXPECT_DOUBLE_EQ(a.hits[i].score, b.hits[i].score);
  }
}

TEST_F(Search, WhatTheAskerMayNotSeeDoesNotChangeScores) {
  const auto mine = random_rows(300, 8, 1), secret = random_rows(300, 8, 2), other = random_rows(300, 8, 3);
  const auto searcher_of = [&](const std::string& name, const std::vector<TestRow>& hidden) {
    auto rows = mine;
    rows.insert(rows.end(), hidden.begin(), hidden.end());
    return searcher({{write(name + "1", rows), nullptr}, {write(name + "2", hidden), nullptr}});
  };
  auto allowed = std::make_shared<RowSet>(300, true);
  const Query query{.text = "w0 w5 w100 w800", .vector = secret[0].vector, .limit = 300, .allowed = {allowed, nullptr}};
  const Found a = find(*searcher_of("a", secret), query), b = find(*searcher_of("b", other), query);
  EXPECT_EQ(a.rows, 300);
  ASSERT_EQ(a.hits.size(), b.hits.size());
  for (std::size_t i = 0; i < a.hits.size(); ++i) {
    EXPECT_LT(a.hits[i].row, 300);
    EXPECT_EQ(a.hits[i].segment, 0);
    EXPECT_EQ(a.hits[i].row, b.hits[i].row);
    EXPECT_EQ(a.hits[i].score, b.hits[i].score);
  }
}

TEST_F(Search, AFilterStillFillsTheLimit) {
  const auto rows = random_rows(5000, 8);
  auto allowed = std::make_shared<RowSet>();
  for (std::int64_t row = 17; row < 5000; row += 100) allowed->insert(row);
  const auto s = searcher({{write("a", rows), nullptr}});
  const Found found = find(*s, {.text = "w0", .vector = rows[0].vector, .limit = 50, .allowed = {allowed}});
  EXPECT_EQ(found.hits.size(), 50U);
  for (const Hit& hit : found.hits) EXPECT_TRUE(allowed->contains(hit.row));
}

TEST_F(Search, AConditionFillsTheLimitAndLeavesScoresAsTheyAre) {
  const auto rows = random_rows(5000, 8);
  auto even = std::make_shared<RowSet>(), few = std::make_shared<RowSet>();
  for (std::int64_t row = 0; row < 5000; row += 2) even->insert(row);
  for (std::int64_t row = 17; row < 5000; row += 100) few->insert(row);
  const auto s = searcher({{write("a", rows), nullptr}});
  const Query query{.text = "w0 w5", .vector = rows[0].vector, .limit = 5000, .legs = Legs::kWords};
  Query with = query;
  with.where = {even};
  const Found all = find(*s, query), half = find(*s, with);
  EXPECT_EQ(half.rows, 5000);
  EXPECT_EQ(half.matching, 2500);
  std::vector<Hit> expected;
  for (const Hit& hit : all.hits)
    if (hit.row % 2 == 0) expected.push_back(hit);
  ASSERT_EQ(half.hits.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(half.hits[i].row, expected[i].row);
    EXPECT_EQ(half.hits[i].score, expected[i].score);
  }
  for (const Legs legs : {Legs::kHybrid, Legs::kVector}) {
    with = {.text = "w0", .vector = rows[0].vector, .limit = 50, .legs = legs, .where = {few}};
    EXPECT_EQ(find(*s, with).hits.size(), 50U);
    for (const Hit& hit : find(*s, with).hits) EXPECT_TRUE(few->contains(hit.row));
  }
  // What the asker may not see counts for nothing, also with a condition.
  with = query;
  with.allowed = {even};
  with.where = {few};
  EXPECT_EQ(find(*s, with).matching, 0);
  with.where = {even, even};
  EXPECT_EQ(s->search(with).status().code(), Code::kInvalidArgument);
}

TEST_F(Search, TiesGoToTheEarlierRow) {
  const std::vector<TestRow> same(5, {"alpha beta", {1, 0}});
  const auto s = searcher({{write("a", same), nullptr}, {write("b", same), nullptr}});
  const Found found = find(*s, {.text = "alpha", .vector = {1, 0}, .limit = 7});
  std::vector<std::pair<int, std::int64_t>> order;
  for (const Hit& hit : found.hits) order.emplace_back(hit.segment, hit.row);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.back(), std::pair(1, std::int64_t{1}));
}

TEST_F(Search, ThreadsDoNotChangeAnything) {
  const auto rows = random_rows(30000, 96);
  const auto one = searcher({{write("a", rows), nullptr}}, 1), four = searcher({{path("a"), nullptr}}, 4);
  const Query query{.text = "w0 w9", .vector = rows[3].vector, .limit = 100};
  const Found a = find(*one, query), b = find(*four, query);
  EXPECT_EQ(rows_of(a), rows_of(b));
  EXPECT_EQ(a.vector_weight, b.vector_weight);
}

TEST_F(Search, EmptySnapshotsAndEmptyQueriesFindNothing) {
  EXPECT_TRUE(find(*searcher({}), {.text = "x", .vector = {1}}).hits.empty());
  const auto s = searcher({{write("a", {{"x", {1}}}), nullptr}, {write("none", {}), nullptr}});
  EXPECT_TRUE(find(*s, {}).hits.empty());
  EXPECT_TRUE(find(*s, {.text = "x", .limit = 0}).hits.empty());
  EXPECT_TRUE(find(*s, {.text = "?!"}).hits.empty());
  EXPECT_TRUE(find(*s, {.text = "x", .allowed = {nullptr, nullptr}}).hits.empty());
}

TEST_F(Search, SegmentsThatDoNotBelongTogetherAreRefused) {
  write("english", {{"x", {1, 2}}});
  write("german", {{"x", {1, 2}}}, {.language = "german"});
  write("longer", {{"x", {1, 2, 3}}});
  EXPECT_EQ(Searcher::open({{path("english"), nullptr}, {path("german"), nullptr}}, cache_).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Searcher::open({{path("english"), nullptr}, {path("longer"), nullptr}}, cache_).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Searcher::open({{path("english"), nullptr}, {path("gone"), nullptr}}, cache_).status().code(),
            Code::kNotFound);
  const auto s = searcher({{path("english"), nullptr}});
  EXPECT_EQ(s->search({.vector = {1}}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(s->search({.vector = {1, NAN}}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(s->search({.vector = {1, -INFINITY}}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(find(*s, {.vector = {0, 0}}).hits.size(), 1U);
  EXPECT_EQ(s->search({.text = "x", .allowed = {nullptr, nullptr}}).status().code(), Code::kInvalidArgument);
}

TEST_F(Search, AWordOfAHeavierColumnCountsMore) {
  const auto batch = batch_of({{"alpha gamma", {}}, {"alpha beta", {}}});
  auto builder = SegmentBuilder::create(path("a"), {.text = {{"text", 3}}});
  ASSERT_TRUE((*builder)->add(*batch).ok());
  const auto info = (*builder)->finish();
  EXPECT_EQ(info->length, 12);
}

// Vectors around a few places, as those of real texts are; enough of them for an index.
std::vector<TestRow> many_rows(std::size_t count) {
  std::vector<TestRow> rows = random_rows(count, 32, 11);
  const std::vector<TestRow> places = random_rows(60, 32, 12);
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<float>& place = places[(i * 7919) % places.size()].vector;
    for (std::size_t d = 0; d < place.size(); ++d) rows[i].vector[d] += place[d];
  }
  return rows;
}

TEST_F(IndexTest, SegmentsOfManyVectorsAreSearchedThroughAnIndexThatKeepsDeletesAndFilters) {
  const std::vector<TestRow> rows = many_rows(6000);
  SegmentRef ref{write("many", rows), nullptr};
  auto deleted = std::make_shared<RowSet>(6000);
  for (int row = 0; row < 6000; row += 3) deleted->insert(row);
  auto allowed = std::make_shared<RowSet>(6000), few = std::make_shared<RowSet>(6000);
  for (int row = 0; row < 6000; row += 5) allowed->insert(row);
  for (int row = 1; row < 6000; row += 300) few->insert(row);
  for (const bool with_deletes : {false, true}) {
    ref.deleted = with_deletes ? deleted : nullptr;
    const auto all = searcher({ref});
    for (const std::shared_ptr<RowSet>& filter : {std::shared_ptr<RowSet>(), allowed, few}) {
      int same = 0, wanted = 0;
      double mean_error = 0;
      for (std::size_t q = 0; q < 40; ++q) {
        Query query;
        query.vector = rows[q * 131].vector;
        for (float& value : query.vector) value *= 0.9F;
        query.legs = Legs::kVector;
        if (filter) query.allowed = {filter};
        query.recall = 0.98;
        const auto found = all->search(query);
        query.recall = 1;
        const auto exact = all->search(query);
        ASSERT_TRUE(found.ok() && exact.ok());
        EXPECT_EQ(exact->plans[0].kind, VectorPlan::kExact);
        EXPECT_EQ(found->plans[0].kind, filter == few ? VectorPlan::kMatches : found->plans[0].kind);
        EXPECT_NE(found->plans[0].kind, VectorPlan::kExact);
        EXPECT_EQ(found->hits.size(), exact->hits.size());
        for (const Hit& hit : found->hits) {
          EXPECT_TRUE(filter == nullptr || filter->contains(hit.row));
          EXPECT_FALSE(with_deletes && deleted->contains(hit.row));
          for (const Hit& other : exact->hits) {
            if (other.row != hit.row) continue;
            ++same;
            EXPECT_EQ(other.score, hit.score);
          }
        }
        wanted += static_cast<int>(exact->hits.size());
        mean_error = std::max(mean_error, std::abs(found->vector_mean - exact->vector_mean));
      }
      EXPECT_GE(same, wanted * 0.95);
      EXPECT_LT(mean_error, 6);  // scores reach 60
    }
  }
}

TEST_F(Search, AConditionThatFollowsTheQueryFindsWhatAnExactSearchFinds) {
  const std::vector<TestRow> rows = many_rows(20000);
  const auto s = searcher({{write("a", rows), nullptr}});
  for (const std::size_t place : {3U, 17U}) {
    auto near = std::make_shared<RowSet>(20000), far = std::make_shared<RowSet>(20000);
    for (std::int64_t row = 0; row < 20000; ++row)
      (static_cast<std::size_t>(row * 7919) % 60 == place ? near : far)->insert(row);
    std::size_t query_row = 0;
    while (query_row * 7919 % 60 != place) ++query_row;
    for (const auto& where : {near, far}) {
      Query query{.vector = rows[query_row].vector, .limit = 10, .legs = Legs::kVector, .where = {where}};
      const Found fast = find(*s, query);
      query.recall = 1;
      const Found exact = find(*s, query);
      ASSERT_EQ(fast.hits.size(), 10U);
      int same = 0;
      for (const Hit& hit : fast.hits) {
        for (const Hit& wanted : exact.hits) same += hit.row == wanted.row;
      }
      EXPECT_GE(same, 9);
    }
  }
}

TEST_F(IndexTest, DamagedVectorIndexesAreRefusedOrHarmless) {
  const std::string path = write("many", many_rows(4200));
  const std::string bytes = bytes_of_file(path);
  const std::size_t index = bytes.find("MPVECTOR");
  ASSERT_NE(index, std::string::npos);
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    std::string altered = bytes;
    altered[index + random() % (i < 100 ? 300 : 200000)] ^= static_cast<char>(1 + random() % 255);
    write_file(path, altered);
    EXPECT_EQ(Segment::open(path).status().code(), Code::kDataCorrupt);
    auto segment = Segment::open(path, Segment::Check::kStructure);
    if (!segment.ok()) continue;
    SegmentCache cache;
    cache.put(path, *segment);
    const auto opened = Searcher::open({{path, nullptr}}, cache);
    ASSERT_TRUE(opened.ok());
    Query query;
    query.vector.assign(32, 1.0F);
    ASSERT_TRUE((*opened)->search(query).ok());
  }
}

}  // namespace
}  // namespace millpond::index
