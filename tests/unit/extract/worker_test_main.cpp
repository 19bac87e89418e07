// The test program re-executes itself as a worker, with formats that misbehave on purpose.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "millpond/extract/worker.h"

namespace millpond::extract {
namespace {

Result<Document> echo(std::string_view bytes, const Limits&) {
  Document document;
  document.title = "echo";
  document.elements.push_back({ElementKind::kParagraph, 0, std::string(bytes), 0, {}, {}});
  return document;
}

Result<Document> crash(std::string_view, const Limits&) {
  ::raise(SIGSEGV);
  return Document{};
}

Result<Document> hang(std::string_view, const Limits&) {
  while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
}

Result<Document> exhaust(std::string_view, const Limits&) {
  std::vector<std::unique_ptr<char[]>> blocks;
  while (true) { blocks.push_back(std::make_unique<char[]>(16 << 20)); }
}

/// As a library that writes its complaints to the standard error.
Result<Document> complain(std::string_view bytes, const Limits&) {
  if (bytes == "quiet") return invalid("broken");
  std::fputs(
      "libmill warning: no water\nlibmill warning: no water\nlibmill error: \x01the wheel st\xff"
      "ands\n",
      stderr);
  for (int i = 0; i < 20'000; ++i) std::fputs("and so on\n", stderr);
  return invalid("broken").hint("Mend it.");
}

Result<Document> leave(std::string_view, const Limits&) { ::_exit(7); }

/// The worker's process id, as the title.
Result<Document> pid(std::string_view, const Limits&) {
  Document document;
  document.title = std::to_string(::getpid());
  return document;
}

/// Tries to write a file; says whether it could.
Result<Document> write_file(std::string_view bytes, const Limits&) {
  ::signal(SIGXFSZ, SIG_IGN);
  Document document;
  FILE* file = std::fopen(std::string(bytes).c_str(), "w");
  const bool written = file && std::fputs("text", file) >= 0 && std::fflush(file) == 0;
  if (file) std::fclose(file);
  document.title = written ? "written" : "refused";
  return document;
}

constexpr Format kTestFormats[] = {
    {"test/complain", "complain", complain, ""},
    {"test/crash", "crash", crash, ""},
    {"test/echo", "echo", echo, ""},
    {"test/exhaust", "exhaust", exhaust, ""},
    {"test/hang", "hang", hang, ""},
    {"test/leave", "leave", leave, ""},
    {"test/pid", "pid", pid, ""},
    {"test/write", "write", write_file, ""},
};

}  // namespace
}  // namespace millpond::extract

int main(int argc, char** argv) {
  const int status = millpond::extract::extract_worker_main(argc, argv, millpond::extract::kTestFormats);
  if (status >= 0) return status;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
