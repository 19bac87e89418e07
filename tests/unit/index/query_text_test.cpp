#include "millpond/index/query_text.h"

#include <gmock/gmock.h>

#include "index/term_walk.h"
#include "index_fixture.h"

namespace millpond::index {
namespace {

using Kind = QueryPart::Kind;
const std::vector<std::string> kFields = {"title", "text"};

std::vector<QueryPart> parse(const std::string& text) { return parse_query(text, kFields); }

TEST(QueryText, SignsSayMore) {
  EXPECT_EQ(parse("red pears"), (std::vector<QueryPart>{{.text = "red pears"}}));
  EXPECT_EQ(parse("a \"ripe pear\" tree"),
            (std::vector<QueryPart>{{.text = "a"}, {Kind::kPhrase, "ripe pear"}, {.text = "tree"}}));
  EXPECT_EQ(parse("pea* paer~ paer~2"),
            (std::vector<QueryPart>{
                {Kind::kPrefix, "pea"}, {Kind::kFuzzy, "paer", "", false, 1}, {Kind::kFuzzy, "paer", "", false, 2}}));
  EXPECT_EQ(parse("-plum -\"green fig\""),
            (std::vector<QueryPart>{{Kind::kWords, "plum", "", true}, {Kind::kPhrase, "green fig", "", true}}));
  EXPECT_EQ(
      parse("title:pear text:\"ripe fig\" -title:pl*"),
      (std::vector<QueryPart>{
          {Kind::kWords, "pear", "title"}, {Kind::kPhrase, "ripe fig", "text"}, {Kind::kPrefix, "pl", "title", true}}));
}

TEST(QueryText, SignsThatSayNothingAreText) {
  for (const char* text : {"well-known", "a - b", "3:30", "colour:red", "say \"no", "*", "a* b", "~", "x~3", "\"\"x"})
    for (const QueryPart& part : parse(text)) EXPECT_FALSE(part.required()) << text << ": " << part.text;
  EXPECT_TRUE(parse("  ").empty());
  EXPECT_EQ(words_of(parse("title:pear -plum \"ripe fig\" tre*")), "pear ripe fig tre");
}

TEST(QueryText, AMegabyteIsReadInTime) {
  std::string text;
  while (text.size() < (1 << 20)) text += "-\"a b\" title:x* \"";
  EXPECT_LE(parse(text).size(), 257U);
}

TEST(QueryText, EditsAreCountedInLetters) {
  const auto within = [](const char* a, const char* b, int edits) {
    return within_edits(code_points(a), code_points(b), edits);
  };
  EXPECT_TRUE(within("pear", "pear", 0));
  EXPECT_TRUE(within("paer", "pear", 1));  // swapped
  EXPECT_TRUE(within("pears", "pear", 1));
  EXPECT_TRUE(within("bear", "pear", 1));
  EXPECT_FALSE(within("bare", "pear", 1));
  EXPECT_TRUE(within("bare", "pear", 3));
  EXPECT_TRUE(within("größe", "grosse", 3));
  EXPECT_FALSE(within("größe", "grosse", 2));
}

struct TextQuery : IndexTest {
  std::vector<std::int64_t> rows(const Searcher& searcher, const std::string& text, std::vector<float> vector = {}) {
    const auto found = searcher.search({.text = text, .syntax = true, .vector = std::move(vector), .limit = 1000});
    EXPECT_TRUE(found.ok()) << found.status().to_string();
    std::vector<std::int64_t> out;
    for (const Hit& hit : found->hits) out.push_back(hit.row + hit.segment * 1000);
    std::sort(out.begin(), out.end());
    return out;
  }
};

using Rows = std::vector<std::int64_t>;

TEST_F(TextQuery, PhrasesPrefixesFuzzyWordsAndWithout) {
  const std::vector<TestRow> first = {
      {"the ripe pear falls", {1, 0}}, {"a pear is ripe", {0, 1}}, {"ripe red pear", {1, 1}}};
  const std::vector<TestRow> second = {{"peach and plum", {1, 0}}, {"a ripe pear, a ripe fig", {0, 1}}};
  const auto s = searcher({{write("a", first), nullptr}, {write("b", second), nullptr}});
  EXPECT_EQ(rows(*s, "\"ripe pear\""), (Rows{0, 1001}));
  EXPECT_EQ(rows(*s, "\"the ripe pears\""), (Rows{0}));
  EXPECT_EQ(rows(*s, "\"pear a ripe\""), (Rows{1001}));
  EXPECT_EQ(rows(*s, "\"pear ripe\""), Rows{});
  EXPECT_EQ(rows(*s, "pea*"), (Rows{0, 1, 2, 1000, 1001}));
  EXPECT_EQ(rows(*s, "pea* -plum"), (Rows{0, 1, 2, 1001}));
  EXPECT_EQ(rows(*s, "paer~1"), (Rows{0, 1, 2, 1001}));
  EXPECT_EQ(rows(*s, "paer"), Rows{});
  EXPECT_EQ(rows(*s, "pear -\"ripe pear\""), (Rows{1, 2}));
  // By meaning as well: what a phrase leaves out is no hit there either.
  EXPECT_EQ(rows(*s, "\"ripe pear\"", {1, 0}), (Rows{0, 1001}));
}

TEST_F(TextQuery, PhrasesAreFoundInLongListsAsByLooking) {
  std::mt19937 random(5);
  std::vector<TestRow> all;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (int w = 0; w < 30; ++w) text += "w" + std::to_string(random() % 12) + ' ';
    all.push_back({text, {}});
  }
  const auto s = searcher({{write("a", all), nullptr}});
  for (const char* phrase : {"w1 w2", "w1 w1", "w3 w4 w5", "w0 w1 w2 w3"}) {
    Rows expected;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((" " + all[i].text).find(" " + std::string(phrase) + " ") != std::string::npos)
        expected.push_back(static_cast<std::int64_t>(i));
    expected.resize(std::min<std::size_t>(expected.size(), 1000));
    const auto found = s->search({.text = '"' + std::string(phrase) + '"', .syntax = true, .limit = 3000});
    Rows have;
    for (const Hit& hit : found->hits) have.push_back(hit.row);
    std::sort(have.begin(), have.end());
    have.resize(std::min<std::size_t>(have.size(), 1000));
    EXPECT_EQ(have, expected) << phrase;
    EXPECT_FALSE(expected.empty());
  }
}

TEST_F(TextQuery, AColumnCanBeNamedAndWordsOfOneItemDoNotGoOnInTheNext) {
  arrow::StringBuilder titles;
  auto items = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder texts(arrow::default_memory_pool(), items);
  EXPECT_TRUE(titles.AppendValues({"pear", "plum", "ripe"}).ok());
  const std::vector<std::vector<std::string>> lists = {{"green fig"}, {"ripe", "pear"}, {"pear tree"}};
  for (const auto& list : lists) EXPECT_TRUE(texts.Append().ok() && items->AppendValues(list).ok());
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("title", arrow::utf8()), arrow::field("text", arrow::list(arrow::utf8()))}), 3,
      {*titles.Finish(), *texts.Finish()});
  auto builder = SegmentBuilder::create(path("a"), {.text = {{"title", 2}, {"text", 1}}});
  ASSERT_TRUE((*builder)->add(*batch).ok());
  ASSERT_TRUE((*builder)->finish().ok());
  const auto s = searcher({{path("a"), nullptr}});
  EXPECT_EQ(rows(*s, "title:pear"), (Rows{0}));
  EXPECT_EQ(rows(*s, "text:pear"), (Rows{1, 2}));
  EXPECT_EQ(rows(*s, "text:pe*"), (Rows{1, 2}));
  EXPECT_EQ(rows(*s, "pear -title:pear"), (Rows{1, 2}));
  EXPECT_EQ(rows(*s, "\"ripe pear\""), Rows{});
  EXPECT_EQ(rows(*s, "text:\"pear tree\""), (Rows{2}));
  EXPECT_EQ(rows(*s, "title:\"pear tree\""), Rows{});
}

TEST_F(TextQuery, DamagedPositionsGiveWrongHitsOrAnErrorNeverACrash) {
  std::vector<TestRow> all;
  for (int i = 0; i < 140; ++i) all.push_back({i % 3 == 0 ? "ripe pear ripe fig" : "a pear is ripe", {}});
  std::ifstream in(write("good", all), std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  std::size_t opened = 0;
  for (std::size_t i = 64; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (i % 2 == 0 ? 0x81 : 0x7F));
    std::ofstream(path("bad"), std::ios::binary) << bad;
    const auto segment = Segment::open(path("bad"), Segment::Check::kStructure);
    if (!segment.ok()) continue;
    SegmentCache cache;
    cache.put(path("bad"), *segment);
    const auto searcher = Searcher::open({{path("bad"), nullptr}}, cache);
    if (!searcher.ok()) continue;
    ++opened;
    for (const char* text : {"\"ripe pear\"", "text:\"ripe fig\" -\"is ripe\"", "pe* rape~2"})
      (void)(*searcher)->search({.text = text, .syntax = true});
  }
  EXPECT_GT(opened, good.size() / 4);
}

TEST_F(TextQuery, HiddenWordsAreNotToldByPrefixes) {
  const auto s = searcher({{write("a", {{"pear", {}}, {"peacock", {}}}), nullptr}});
  auto first = std::make_shared<RowSet>(2);
  first->insert(0);
  const auto found = s->search({.text = "pea*", .syntax = true, .allowed = {first}});
  ASSERT_EQ(found->terms.size(), 1U);
  EXPECT_EQ(found->terms[0].term, "pear");
  EXPECT_EQ(s->search({.text = "pea*", .syntax = true})->terms.size(), 2U);
}

TEST_F(TextQuery, MarksAreWhereTheWordsStand) {
  const auto s = searcher({{write("a", {{"pears ripen", {}}}), nullptr}});
  const auto found = s->search({.text = "ripening pea*", .syntax = true});
  const auto marks = s->marks(*found, "A pear: ripe, Pears!");
  using Mark = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_EQ(*marks, (std::vector<Mark>{{2, 6}, {14, 19}}));
}

}  // namespace
}  // namespace millpond::index
