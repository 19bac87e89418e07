// Lists of domains and addresses: what datatrove's URLFilter decides (tests/golden/urls/make.py), and their reading.

#include "curate/urls/url_lists.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "millpond/chain.h"

namespace millpond::curate {
namespace {

const std::string kGolden = MILLPOND_SOURCE_DIR "/tests/golden/urls/";

TEST(UrlLists, DecideAsTheReference) {
  const auto lists = *UrlLists::read({kGolden + "domains.txt", kGolden + "urls.txt"});
  std::ifstream file(kGolden + "decisions.tsv");
  std::map<std::string, int> seen;
  for (std::string line; std::getline(file, line);) {
    const std::string url = line.substr(0, line.find('\t')), expected = line.substr(line.find('\t') + 1);
    const UrlLists::Found found = lists->find(host_of_url(url), url);
    if (expected == "below" || expected == "same page") {
      EXPECT_FALSE(found.list.empty()) << url;  // dropped on purpose, and not by theirs
    } else if (expected == "domain" || expected == "subdomain" || expected == "url") {
      EXPECT_EQ(found.kind, expected == "url" ? "url" : "domain") << url;
    } else {
      EXPECT_TRUE(found.list.empty()) << url << ' ' << found.entry;
    }
    ++seen[expected];
  }
  for (const char* kind : {"domain", "subdomain", "url", "kept", "below", "same page"})
    EXPECT_GT(seen[kind], 0) << kind;
}

/// The reasons of the operator by datatrove's.
TEST(UrlLists, TheFilterDecidesAsTheReference) {
  const std::map<std::string, std::string> reasons = {{"kept", ""},
                                                      {"domain", "domains: domain"},
                                                      {"subdomain", "domains: domain"},
                                                      {"url", "urls: url"},
                                                      {"hard_blacklisted", "words: word"},
                                                      {"soft_blacklisted", "soft: soft words"},
                                                      {"blacklisted_subword", "parts: part of a word"}};
  const auto file = [](const char* name) { return std::vector<std::string>{kGolden + name + ".txt"}; };
  const auto chain =
      Chain::plan({{"url", utf8()}}, {{"url_filter",
                                       {{"block", std::vector{kGolden + "domains.txt", kGolden + "urls.txt"}},
                                        {"word_files", file("words")},
                                        {"soft_word_files", file("soft")},
                                        {"part_files", file("parts")},
                                        {"ignore_case", false}}}});
  ASSERT_TRUE(chain.ok()) << chain.status().to_string();
  const auto runner = *ChainRunner::make(*chain);
  Context context;
  std::ifstream lines(kGolden + "decisions.tsv");
  for (std::string line; std::getline(lines, line);) {
    const std::string url = line.substr(0, line.find('\t')), expected = line.substr(line.find('\t') + 1);
    if (expected == "below" || expected == "same page") continue;
    arrow::StringBuilder column;
    ASSERT_TRUE(column.Append(url).ok());
    const auto rows =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("url", arrow::utf8())}), 1, {*column.Finish()});
    const auto outcome = *runner->run(rows, context);
    const std::string reason = outcome.drops.empty() ? "" : outcome.drops.begin()->first;
    EXPECT_EQ(reason, reasons.at(expected).empty() ? "" : "url_filter: " + reasons.at(expected)) << url;
  }
}

TEST(UrlLists, HoldMillionsInTenBytesEach) {
  const std::string path = std::filesystem::temp_directory_path() / "millpond-url-lists-test.txt";
  {
    std::ofstream file(path);
    for (int i = 0; i < 300000; ++i) file << "host" << i << ".example\n";
  }
  const auto lists = *UrlLists::read({path});
  EXPECT_EQ(lists->size(), 300000);
  EXPECT_EQ(lists->find("a.host299999.example", "").entry, "host299999.example");
  EXPECT_EQ(lists->find("host299999.example", "").list, "millpond-url-lists-test");
  EXPECT_TRUE(lists->find("host300000.example", "").list.empty());
  EXPECT_NE(*hash_url_lists({path}), *hash_url_lists({kGolden + "domains.txt"}));
  std::filesystem::remove(path);
}

TEST(UrlLists, WhatIsWrongIsSaid) {
  const auto refused = [](const std::string& path) { return UrlLists::read({path}).status(); };
  EXPECT_EQ(refused("/nowhere/list").code(), Code::kNotFound);
  EXPECT_EQ(refused(kGolden).code(), Code::kNotFound);  // a folder without `domains` and `urls`
  const auto folder = std::filesystem::temp_directory_path() / "millpond-url-lists-broken";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "domains.gz") << "no gzip";
  EXPECT_EQ(refused(folder).code(), Code::kDataCorrupt);
  std::filesystem::remove(folder / "domains.gz");
  std::ofstream(folder / "domains") << "good.example\n:80/x\n";
  const Status status = refused(folder);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.to_string().find(":2"), std::string::npos) << status.to_string();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millpond::curate
