#include <sqlite3.h>

#include <fstream>

#include "fixture.h"
#include "pond/metadata.h"

namespace millpond::pond {
namespace {

using Ids = std::vector<std::int64_t>;

class PondFolderTest : public PondTest {
 protected:
  void overwrite(const std::string& uri, std::string_view bytes) {
    std::ofstream(uri.substr(uri.find("//") + 2), std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST_F(PondFolderTest, SaysWhenThereIsNone) {
  const Status status = Pond::open((folder_ / "elsewhere").string()).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.hint().find("millpond init"), std::string::npos);
  EXPECT_EQ(Pond::init(path()).status().code(), Code::kAlreadyExists);
}

TEST_F(PondFolderTest, RefusesOneOfANewerVersion) {
  pond_.reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((path() + "/catalog.db").c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const Status status = Pond::open(path()).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_NE(status.message().find("newer version"), std::string::npos);
}

TEST_F(PondFolderTest, RefusesAFileThatIsNoCatalog) {
  std::filesystem::create_directories(folder_ / "odd");
  std::ofstream(folder_ / "odd/catalog.db") << std::string(5000, 'x');
  EXPECT_EQ(Pond::open((folder_ / "odd").string()).status().code(), Code::kDataCorrupt);
}

TEST_F(PondFolderTest, NamesAreChecked) {
  for (const char* name : {"", "../up", "a b", "a/b", "é"}) {
    EXPECT_EQ(pond_->create_table(name, notes()).status().code(), Code::kInvalidArgument) << name;
  }
  ASSERT_OK(pond_->create_table("fine_1", notes()));
  EXPECT_EQ(pond_->create_table("fine_1", notes()).status().code(), Code::kAlreadyExists);
  EXPECT_EQ(pond_->table("other").status().code(), Code::kNotFound);
}

TEST_F(PondFolderTest, DroppedTablesLeaveNothing) {
  append(must(pond_->create_table("notes", notes())), 0, 1);
  ASSERT_OK(pond_->drop_table("notes"));
  EXPECT_FALSE(must(pond_->has_table("notes")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".pond/tables/notes"));
  EXPECT_EQ(pond_->drop_table("notes").code(), Code::kNotFound);
}

TEST_F(PondFolderTest, DroppingNeverTakesAFolderOutsideOrOfAnotherTable) {
  append(must(pond_->create_table("notes", notes())), 0, 1);
  ASSERT_OK(pond_->create_table("same", notes()));
  ASSERT_OK(pond_->create_table("outside", notes()));
  const auto precious = folder_ / "precious/metadata";
  std::filesystem::create_directories(precious);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((path() + "/catalog.db").c_str(), &database), SQLITE_OK);
  const auto run = [&](const std::string& sql) {
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  };
  run("UPDATE iceberg_tables SET metadata_location = (SELECT metadata_location FROM iceberg_tables WHERE table_name = "
      "'notes') WHERE table_name = 'same'");
  run("UPDATE iceberg_tables SET metadata_location = replace(metadata_location, '/tables/outside/', "
      "'/tables/../../precious/') WHERE table_name = 'outside'");
  sqlite3_close(database);
  ASSERT_OK(pond_->drop_table("same"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / ".pond/tables/notes/data"));
  ASSERT_OK(pond_->drop_table("outside"));
  EXPECT_TRUE(std::filesystem::exists(precious));
  ASSERT_OK(pond_->drop_table("notes"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".pond/tables/notes"));
}

TEST_F(PondFolderTest, AMovedPondReadsAndWrites) {
  append(must(pond_->create_table("notes", notes())), 0, 2);
  pond_.reset();
  std::filesystem::rename(folder_ / ".pond", folder_ / "moved");
  const auto moved = must(Pond::open((folder_ / "moved").string()));
  const Table table = append(must(moved->table("notes")), 2, 2);
  EXPECT_EQ(ids(table), Ids({0, 1, 2, 3}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".pond"));
}

TEST_F(PondFolderTest, DamagedFilesAreNamed) {
  const Table table = append(must(pond_->create_table("notes", notes())), 0, 2);
  const std::string list = table.current()->manifest_list;
  overwrite(list, "not Avro at all");
  const Status damaged_list = must(must(Pond::open(path()))->table("notes")).files().status();
  EXPECT_EQ(damaged_list.code(), Code::kDataCorrupt);
  EXPECT_NE(damaged_list.message().find(list.substr(list.rfind('/'))), std::string::npos) << damaged_list.message();
  overwrite(table.metadata_location(), "{\"format-version\":2}");
  const Status damaged_metadata = must(Pond::open(path()))->table("notes").status();
  EXPECT_EQ(damaged_metadata.code(), Code::kDataCorrupt);
  EXPECT_NE(damaged_metadata.message().find(".metadata.json"), std::string::npos);
}

TEST_F(PondFolderTest, ADamagedDataFileIsNamed) {
  const Table table = append(must(pond_->create_table("notes", notes())), 0, 2);
  overwrite(must(table.files())[0].file.path, "PAR1 no more");
  auto stream = must(table.scan({}, context_));
  const auto batch = stream->next(context_);
  ASSERT_FALSE(batch.ok());
  EXPECT_NE(batch.status().message().find(".parquet"), std::string::npos);
}

TEST(Metadata, KeepsWhatItDoesNotKnow) {
  TableMetadata metadata = must(new_metadata({{"id", int64(), true}}, "file:///p", {}));
  metadata.extra = R"(,"statistics":[{"snapshot-id":1}])";
  const std::string text = serialise(metadata);
  const auto parsed = parse_metadata(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
  EXPECT_EQ(serialise(*parsed), text);
}

TEST(Metadata, RefusesOtherVersionsAndNonsense) {
  std::string text = serialise(must(new_metadata({{"id", int64(), true}}, "file:///p", {})));
  std::string version_4 = text;
  version_4.replace(version_4.find(":2,"), 3, ":4,");
  EXPECT_EQ(parse_metadata(version_4).status().code(), Code::kUnsupported);
  EXPECT_EQ(parse_metadata("[]").status().code(), Code::kDataCorrupt);
  EXPECT_EQ(parse_metadata(std::string(100'000, '[')).status().code(), Code::kDataCorrupt);
  for (std::size_t size = 0; size < text.size(); size += 7) EXPECT_FALSE(parse_metadata(text.substr(0, size)).ok());
}

}  // namespace
}  // namespace millpond::pond
