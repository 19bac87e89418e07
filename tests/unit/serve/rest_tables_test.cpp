// Commits through the catalog of a real pond: several threads, and a second process in their place.

#include "pond/rest_tables.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "millpond/pond/pond.h"
#include "pond/rest_updates.h"
#include "serve/iceberg_rest/turns.h"

namespace millpond::pond {
namespace {

class RestTablesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = (std::filesystem::temp_directory_path() / "rest-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
    ASSERT_TRUE(Pond::init(folder_).ok());
    tables_ = open();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RestTables> open() {
    return std::make_unique<RestTables>(*RestStore::open(folder_), std::vector<std::string>());
  }
  Result<LoadedEntry> make(const EntryName& name) {
    const Document request = Document::parse(
        R"({"schema": {"type": "struct", "fields": [{"id": 1, "name": "a", "required": false, "type": "long"}]}})");
    MP_ASSIGN(Document metadata, new_table(request, tables_->default_location(name), 1'700'000'000'000));
    return tables_->create(name, EntryKind::kTable, std::move(metadata));
  }
  static Change set(const EntryName& name, const std::string& key) {
    Change change;
    change.name = name;
    change.updates = Document::array({Document{{"action", "set-properties"}, {"updates", {{key, "v"}}}}});
    return change;
  }

  std::string folder_;
  std::unique_ptr<RestTables> tables_;
};

TEST_F(RestTablesTest, CommitsOfManyThreadsAndOfASecondCatalogAreAllThere) {
  const EntryName name{"main", "t"};
  ASSERT_TRUE(make(name).ok());
  const auto other = open();  // what another process would have
  constexpr int kThreads = 6, kCommits = 20;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      RestTables& tables = thread % 2 == 0 ? *tables_ : *other;
      for (int i = 0; i < kCommits; ++i) {
        failed += !tables.commit(set(name, "k" + std::to_string(thread) + "." + std::to_string(i))).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  const auto loaded = tables_->load(name, EntryKind::kTable);
  ASSERT_TRUE(loaded.ok());
  int found = 0;
  for (const auto& [key, value] : loaded->document->at("properties").items()) found += key.starts_with("k");
  EXPECT_EQ(found, kThreads * kCommits);
}

TEST_F(RestTablesTest, ATransactionIsAllOrNothing) {
  const EntryName a{"main", "a"}, b{"main", "b"};
  ASSERT_TRUE(make(a).ok());
  ASSERT_TRUE(make(b).ok());
  Change good = set(a, "x"), bad = set(b, "x");
  bad.requirements = Document::array({Document{{"type", "assert-table-uuid"}, {"uuid", "other"}}});
  EXPECT_EQ(tables_->commit_all({good, bad}).code(), Code::kConflict);
  EXPECT_FALSE(tables_->load(a, EntryKind::kTable)->document->at("properties").contains("x"));
  ASSERT_TRUE(tables_->commit_all({good, set(b, "x")}).ok());
  EXPECT_TRUE(tables_->load(b, EntryKind::kTable)->document->at("properties").contains("x"));
}

TEST_F(RestTablesTest, ThePondOpensWhatWasCreatedHere) {
  ASSERT_TRUE(make({"main", "t"}).ok());
  const auto pond = *Pond::open(folder_);
  const auto table = pond->table("t");
  ASSERT_TRUE(table.ok()) << table.status().to_string();
  EXPECT_EQ(table->schema().size(), 1u);
}

TEST_F(RestTablesTest, PlacesOutsideOfThePondAreRefused) {
  for (const char* place : {"file:///etc/x", "/etc/x", "s3://b/x", "relative"}) {
    EXPECT_FALSE(tables_->check_location(place).ok()) << place;
  }
  EXPECT_FALSE(tables_->check_location("file://" + folder_ + "/../x").ok());
  EXPECT_FALSE(tables_->check_location("file://" + folder_ + "-beside/x").ok());
  EXPECT_TRUE(tables_->check_location("file://" + folder_ + "/tables/x").ok());
}

TEST_F(RestTablesTest, ARenamedTableAndTheNextOfItsNameDoNotShareAFolder) {
  const auto first = make({"main", "t"});
  ASSERT_TRUE(tables_->store().rename({"main", "t"}, {"main", "u"}, EntryKind::kTable).ok());
  const auto second = make({"main", "t"});
  EXPECT_NE(first->document->at("location"), second->document->at("location"));
  ASSERT_TRUE(tables_->drop({"main", "t"}, EntryKind::kTable, true).ok());
  EXPECT_TRUE(tables_->load({"main", "u"}, EntryKind::kTable).ok());
  EXPECT_FALSE(tables_->load({"main", "t"}, EntryKind::kTable).ok());
}

TEST(NamespaceKeys, DotsInALevelComeBack) {
  const Namespace levels = {"a.b", "c%2E", "d"};
  EXPECT_EQ(namespace_key(levels), "a%2Eb.c%252E.d");
  EXPECT_EQ(namespace_levels(namespace_key(levels)), levels);
}

TEST(Turns, OnlyWhoWasLateWaitsAndNotForEver) {
  serve::iceberg::Turns turns;
  const auto took_ms = [&](const char* client) {
    const auto began = std::chrono::steady_clock::now();
    turns.wait("t", client);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  };
  turns.was_late("t", "a");
  turns.was_late("t", "b");
  EXPECT_LT(took_ms("stranger"), 40);
  EXPECT_LT(took_ms("a"), 40);  // the first in line: nobody has the turn
  EXPECT_GE(took_ms("b"), 40);  // a has it, and does not commit
  turns.was_late("t", "a");
  turns.committed("t", "b");
  EXPECT_LT(took_ms("a"), 40);
}

TEST_F(RestTablesTest, AnAnswerIsKeptWithTheChangeAndOnlyOnce) {
  const EntryName name{"main", "t"};
  ASSERT_TRUE(make(name).ok());
  Change change = set(name, "a");
  change.notes = {{.key = "me\nkey", .request_hash = 0xf000000000000007, .form = AnswerForm::kTable}};
  const auto first = tables_->commit(change);
  ASSERT_TRUE(first.ok());
  const auto other = open();  // after a restart, or beside it
  const auto kept = other->store().answer("me\nkey");
  ASSERT_TRUE(kept.ok() && kept->has_value());
  EXPECT_EQ((*kept)->location, first->metadata_location);
  EXPECT_EQ((*kept)->request_hash, 0xf000000000000007);
  EXPECT_TRUE(*other->store().has_answer_of(first->metadata_location));
  EXPECT_FALSE(*other->store().has_answer_of("file:///other"));
  EXPECT_FALSE(other->store().answer("you\nkey")->has_value());

  change.updates = set(name, "b").updates;
  EXPECT_EQ(other->commit(change).status().code(), Code::kUnavailable) << "the key is in use";
  EXPECT_EQ(other->load(name, EntryKind::kTable)->metadata_location, first->metadata_location);
}

TEST_F(RestTablesTest, AnswersAreForgottenByAgeAndNumber) {
  RestStore& store = tables_->store();
  for (int i = 0; i < 3; ++i) {
    AnswerNotes notes;
    for (int j = 0; j < kAnswersMax / 2; ++j) notes.push_back({.key = std::to_string(i) + "." + std::to_string(j)});
    ASSERT_TRUE(store.create_namespace("n" + std::to_string(i), {}, notes).ok());
  }
  ASSERT_TRUE(store.create_namespace("last", {}, {{.key = "last"}}).ok());
  EXPECT_TRUE(store.answer("last")->has_value());
  EXPECT_TRUE(store.answer("2.0")->has_value());
  int left = 0;
  for (int j = 0; j < kAnswersMax / 2; ++j) left += store.answer("0." + std::to_string(j))->has_value();
  EXPECT_EQ(left, 0) << "the oldest are not forgotten";
  EXPECT_TRUE(is_outdated(0, kAnswerLifetime.count() + 1));
  EXPECT_TRUE(is_outdated(2 * kAnswerLifetime.count() + 1, kAnswerLifetime.count()));
  EXPECT_FALSE(is_outdated(1, kAnswerLifetime.count()));
}

}  // namespace
}  // namespace millpond::pond
