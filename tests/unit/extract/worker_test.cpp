#include "millpond/extract/worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace millpond::extract {
namespace {

using Clock = std::chrono::steady_clock;

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() : folder_(std::filesystem::temp_directory_path() / ("millpond_worker_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~WorkerTest() override { std::filesystem::remove_all(folder_); }

  Result<Document> parse(std::string_view type, std::string_view bytes) {
    return parse({.media_type = type, .path = {}, .bytes = bytes, .sha256 = {}});
  }
  Result<Document> parse(const ParseRequest& request) {
    MP_ASSIGN(const EncodedDocument document, pool_.parse(request, limits_, context_));
    return document.copy();
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  std::filesystem::path folder_;
  WorkerPool pool_;
  Context context_;
  Limits limits_;
};

TEST_F(WorkerTest, ParsesBytesAndFiles) {
  ASSERT_TRUE(parse("test/echo", "hello").ok());
  EXPECT_EQ(parse("test/echo", "hello")->elements[0].text, "hello");
  const std::string path = write("a", "from a file");
  const auto document = parse({.media_type = "test/echo", .path = path, .bytes = {}, .sha256 = {}});
  ASSERT_TRUE(document.ok()) << document.status().to_string();
  EXPECT_EQ(document->elements[0].text, "from a file");
  EXPECT_EQ(pool_.started(), 1);
}

TEST_F(WorkerTest, CarriesMegabytesBothWays) {
  const std::string large(9'000'000, 'x');
  const Result<Document> document = parse("test/echo", large);
  ASSERT_TRUE(document.ok()) << document.status().to_string();
  EXPECT_EQ(document->elements[0].text.size(), large.size());
}

TEST_F(WorkerTest, FindsTheTypeItself) {
  const std::string path = write("words.txt", "Only words.\n");
  const auto document = parse({.media_type = "", .path = path, .bytes = {}, .sha256 = {}});
  ASSERT_TRUE(document.ok()) << document.status().to_string();
  EXPECT_EQ(document->elements.at(0).text, "Only words.");
}

TEST_F(WorkerTest, LosesOneDocumentToACrashAndGoesOn) {
  const Status status = parse("test/crash", "x").status();
  EXPECT_EQ(status.code(), Code::kDataCorrupt);
  EXPECT_EQ(status.message(), "parser crashed (signal 11)");
  EXPECT_EQ(parse("test/leave", "x").status().code(), Code::kDataCorrupt);
  EXPECT_TRUE(parse("test/echo", "x").ok());
  EXPECT_EQ(pool_.started(), 3);
}

TEST_F(WorkerTest, ReplacesAWorkerThatDiedWhileIdle) {
  ASSERT_TRUE(parse("test/echo", "x").ok());
  const Result<Document> self = parse("test/pid", "");
  ASSERT_TRUE(self.ok());
  ::kill(std::stoi(std::string(self->title)), SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(parse("test/echo", "x").ok());
  EXPECT_EQ(pool_.started(), 2);
}

TEST_F(WorkerTest, EndsAParserThatHangs) {
  limits_.time_ms = 200;
  EXPECT_EQ(parse("test/hang", "x").status().code(), Code::kDeadlineExceeded);
  limits_.time_ms = 60'000;  // a new worker may start slowly on a busy machine
  EXPECT_TRUE(parse("test/echo", "x").ok());
}

TEST_F(WorkerTest, EndsAParserOnCancel) {
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    context_.cancel().request();
  });
  const auto begin = Clock::now();
  EXPECT_EQ(parse("test/hang", "x").status().code(), Code::kCancelled);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  canceller.join();
}

TEST_F(WorkerTest, LimitsMemory) {
  limits_.memory_bytes = 256 << 20;
  const Status status = parse("test/exhaust", "x").status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.to_string();
  EXPECT_NE(status.hint().find("memory_mb_max"), std::string::npos);
  EXPECT_TRUE(parse("test/echo", "x").ok());
}

TEST_F(WorkerTest, WritesNoFiles) {
  const std::string path = folder_ / "new";
  const Result<Document> document = parse("test/write", path);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->title, "refused");
}

TEST_F(WorkerTest, RefusesAFileThatIsTooLargeUnread) {
  const std::string path = folder_ / "sparse";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, (std::uintmax_t{2} << 30) + 1);
  const auto begin = Clock::now();
  const auto document = parse({.media_type = "test/echo", .path = path, .bytes = {}, .sha256 = {}});
  EXPECT_EQ(document.status().code(), Code::kResourceExhausted);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(WorkerTest, SaysWhatIsWrongWithTheFile) {
  const auto code = [&](const std::string& path, std::string_view sha256 = {}) {
    return parse({.media_type = "test/echo", .path = path, .bytes = {}, .sha256 = sha256}).status().code();
  };
  EXPECT_EQ(code(folder_ / "missing"), Code::kNotFound);
  EXPECT_EQ(code(folder_), Code::kInvalidArgument);
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(code(fifo), Code::kInvalidArgument);
  const std::string path = write("abc", "abc");
  EXPECT_EQ(code(path, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), Code::kOk);
  write("abc", "abd");
  EXPECT_EQ(code(path, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), Code::kConflict);
  EXPECT_EQ(parse("test/unknown", "x").status().code(), Code::kUnsupported);
}

TEST_F(WorkerTest, SaysWhatTheLibrarySaid) {
  const auto first = parse("test/complain", "");
  EXPECT_EQ(first.status().message(),
            "broken (the library says: libmill warning: no water; libmill error: the wheel st\uFFFDands; and so on)");
  EXPECT_EQ(first.status().hint(), "Mend it.");
  EXPECT_EQ(parse("test/complain", "quiet").status().message(), "broken");
}

TEST_F(WorkerTest, ServesManyThreadsWithAFewWorkers) {
  context_.set_threads(2);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(t) + "/" + std::to_string(i);
        const Result<Document> document = parse("test/echo", text);
        good += document.ok() && document->elements[0].text == text;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 300);
  EXPECT_LE(pool_.started(), 2);
}

TEST_F(WorkerTest, OutlivesTheThreadThatUsedItFirst) {
  std::thread([&] { EXPECT_TRUE(parse("test/echo", "x").ok()); }).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(parse("test/echo", "x").ok());
  EXPECT_EQ(pool_.started(), 1);
}

TEST_F(WorkerTest, DiesWithItsParent) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {  // a parent of its own, killed while its worker hangs
    WorkerPool pool;
    Context context;
    const Result<EncodedDocument> self =
        pool.parse({.media_type = "test/pid", .path = {}, .bytes = {}, .sha256 = {}}, limits_, context);
    const pid_t worker = self.ok() ? std::stoi(std::string(self->title)) : 0;
    (void)!::write(pipe_ends[1], &worker, sizeof worker);
    (void)pool.parse({.media_type = "test/hang", .path = {}, .bytes = {}, .sha256 = {}}, limits_, context);
    ::_exit(0);
  }
  pid_t worker = 0;
  ASSERT_EQ(::read(pipe_ends[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  ASSERT_GT(worker, 0);
  ::kill(child, SIGKILL);
  int state = 0;
  ::waitpid(child, &state, 0);
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string text;
    std::getline(stat, text);
    gone = text.empty() || text.find(") Z ") != std::string::npos;
  }
  EXPECT_TRUE(gone);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace millpond::extract
