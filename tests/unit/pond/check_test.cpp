#include "millpond/pond/check.h"

#include <fstream>

#include "fixture.h"
#include "millpond/pond/branches.h"
#include "millpond/pond/relocate.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

namespace fs = std::filesystem;
using Kind = Problem::Kind;

class CheckTest : public PondTest {
 protected:
  void SetUp() override {
    PondTest::SetUp();
    Table table = must(pond_->create_table("notes", notes()));
    for (int i = 0; i < 3; ++i) table = append(table, i * 10, 10);
    must(table.update().delete_rows(file(table, 0), {1, 2}).commit(context_));
  }
  Table table() { return must(must(Pond::open(path()))->table("notes")); }
  std::string file(const Table& table, std::size_t index) { return must(table.files())[index].file.path; }
  std::string local(const Table& table, const std::string& uri) { return table.pond()->to_path(uri); }
  CheckReport check(bool repair = false, bool derived = false) {
    CheckOptions options;
    options.repair = repair;
    options.orphan_grace = std::chrono::milliseconds(0);
    options.derived = [=](const Table&) { return derived; };
    return must(check_pond(*pond_, options, context_));
  }
  static void flip(const std::string& path, std::int64_t at) {
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const char byte = static_cast<char>(stream.get() ^ 0x20);
    stream.seekp(at);
    stream.put(byte);
  }
};

TEST_F(CheckTest, AWholePondIsSound) {
  const CheckReport report = check();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.tables, 1);
  EXPECT_EQ(report.snapshots, 4);
  EXPECT_EQ(report.rows, 30);
}

TEST_F(CheckTest, FindsEveryKindOfDamageInADataFile) {
  const std::string path = local(table(), file(table(), 1));
  flip(path, 60);
  ASSERT_EQ(check().damages(), 1);
  EXPECT_EQ(check().problems[0].kind, Kind::kDataFile);
  flip(path, 60);
  EXPECT_EQ(check().damages(), 0);
  fs::resize_file(path, fs::file_size(path) - 1);
  EXPECT_EQ(check().damages(), 1);
  fs::remove(path);
  EXPECT_EQ(check().damages(), 1);
  EXPECT_EQ(check(true, false).damages(), 1) << "the only copy of rows is never given up";
  EXPECT_EQ(ids(table(), parts_of(std::vector{must(table().files())[2]})), range(20, 30));
}

TEST_F(CheckTest, ADerivedTableGivesUpLostFiles) {
  fs::remove(local(table(), file(table(), 1)));
  const CheckReport report = check(true, true);
  EXPECT_EQ(report.damages(), 0);
  EXPECT_TRUE(report.build_needed);
  EXPECT_EQ(ids(table()).size(), 18u);
  EXPECT_EQ(check().damages(), 0) << "older snapshots that needed it are forgotten";
}

TEST_F(CheckTest, ALostDeleteFileNeverBringsRowsBack) {
  for (const auto& entry : fs::directory_iterator(local(table(), table().location()) + "/data")) {
    if (entry.path().string().ends_with("-deletes.parquet")) fs::remove(entry.path());
  }
  ASSERT_EQ(check().damages(), 1);
  EXPECT_EQ(check().problems[0].kind, Kind::kDeleteFile);
  EXPECT_EQ(check(true, false).damages(), 1);
  EXPECT_EQ(check(true, true).damages(), 0);
  EXPECT_EQ(ids(table()).size(), 30u) << "the state before the delete, which the next build takes up again";
}

TEST_F(CheckTest, TheCatalogGoesBackToAWholeMetadataFile) {
  fs::remove(local(table(), table().metadata_location()));
  ASSERT_EQ(check().damages(), 1);
  EXPECT_EQ(check().problems[0].kind, Kind::kCatalog);
  EXPECT_EQ(check(true).damages(), 0);
  EXPECT_EQ(ids(table()).size(), 30u);
}

TEST_F(CheckTest, OrphansAreNoDamageAndGo) {
  std::ofstream(local(table(), table().location()) + "/data/left.parquet") << "x";
  const CheckReport report = check();
  EXPECT_EQ(report.damages(), 0);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].kind, Kind::kOrphan);
  check(true);
  EXPECT_TRUE(check().problems.empty());
}

TEST_F(CheckTest, ADamagedManifestIsNamed) {
  const Snapshot current = *table().current();
  const auto manifests = must(table().pond()->manifests(current));
  fs::resize_file(local(table(), manifests->front().path), 100);
  const CheckReport report = check();
  ASSERT_GE(report.damages(), 1);
  EXPECT_EQ(report.problems[0].kind, Kind::kManifest);
  EXPECT_TRUE(report.problems[0].current);
}

TEST_F(CheckTest, ARelocatedPondNamesNothingOfItsOldPlace) {
  Table version3 = append(must(pond_->create_table("v3", notes(), {{"format-version", "3"}})), 0, 10);
  must(version3.update().delete_rows(file(version3, 0), {4}).commit(context_));
  must(create_pond_ref(*pond_, "before", true, "", context_));
  append(table(), 100, 1);
  const std::string old = pond_->root();
  pond_.reset();
  fs::create_directories(folder_ / "new");
  fs::rename(old, folder_ / "new" / "pond");
  const std::string now = (folder_ / "new" / "pond").string();
  const RelocateReport report = must(relocate(now, context_));
  EXPECT_EQ(report.from, old);
  EXPECT_EQ(report.moved, (std::vector<std::string>{"notes", "v3"}));
  pond_ = must(Pond::open(now));
  EXPECT_EQ(ids(must(pond_->table("notes"))).size(), 29u);
  EXPECT_EQ(ids(must(pond_->table("v3"))).size(), 9u);
  EXPECT_EQ(ids(must(pond_->table("notes")), must(must(pond_->table("notes")).snapshot_at("before")).id).size(), 28u);
  EXPECT_EQ(check().damages(), 0);
  must(remove_orphans(must(pond_->table("notes")), std::chrono::milliseconds(0), context_));
  must(remove_orphans(must(pond_->table("v3")), std::chrono::milliseconds(0), context_));
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(now) / "tables")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_EQ(bytes.find("file://" + old), std::string::npos) << entry.path();
  }
  EXPECT_TRUE(must(relocate(now, context_)).moved.empty());
}

TEST_F(CheckTest, ARelocationGoesOnWhereItWasStopped) {
  append(must(pond_->create_table("other", notes())), 0, 5);
  pond_.reset();
  fs::rename(path(), folder_ / "moved");
  const std::string now = (folder_ / "moved").string();
  // The second table cannot be read: the first one is done already by then.
  const Table other = must(must(Pond::open(now))->table("other"));
  const std::string list = other.pond()->to_path(other.current()->manifest_list);
  fs::rename(list, list + "-away");
  EXPECT_FALSE(relocate(now, context_).ok());
  EXPECT_EQ(ids(must(must(Pond::open(now))->table("notes"))).size(), 28u);
  append(must(must(Pond::open(now))->table("notes")), 50, 1);  // a writer in between: it names the old place again
  fs::rename(list + "-away", list);
  EXPECT_EQ(must(relocate(now, context_)).moved.size(), 2u);
  pond_ = must(Pond::open(now));
  EXPECT_EQ(ids(must(pond_->table("notes"))).size(), 29u);
  EXPECT_EQ(check().damages(), 0);
}

}  // namespace
}  // namespace millpond::pond
