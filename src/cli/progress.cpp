#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/shell.h"

namespace millpond::cli {
namespace {

using Clock = std::chrono::steady_clock;

class TerminalProgress final : public Progress {
 public:
  TerminalProgress() : terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~TerminalProgress() override { clear(); }

  void begin(std::string_view phase, std::int64_t total) override {
    phase_ = phase;
    total_ = total;
    rows_ = size_bytes_ = 0;
    started_ = shown_ = Clock::now();
  }
  void advance(std::int64_t rows, std::int64_t size_bytes) override {
    rows_ += rows;
    size_bytes_ += size_bytes;
    const auto now = Clock::now();
    if (now - started_ < std::chrono::seconds(1)) return;
    if (now - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
    shown_ = now;
    show(std::chrono::duration<double>(now - started_).count());
  }
  void end() override { clear(); }
  void note(std::string_view line) override {
    clear();
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  }

 private:
  void show(double seconds) {
    std::string text = phase_ + ": " + human_count(rows_);
    if (total_ > 0) text += " of " + human_count(total_);
    text += " rows, " + human_bytes(static_cast<std::int64_t>(static_cast<double>(size_bytes_) / seconds)) + "/s, " +
            human_seconds(seconds);
    if (total_ > 0 && rows_ > 0) {
      text += ", about " + human_seconds(seconds * static_cast<double>(total_ - rows_) / static_cast<double>(rows_)) +
              " left";
    }
    if (terminal_) {
      std::fprintf(stderr, "\r\033[K%s", text.c_str());
      std::fflush(stderr);
      drawn_ = true;
    } else {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
  }
  void clear() {
    if (drawn_) std::fprintf(stderr, "\r\033[K");
    drawn_ = false;
  }

  const bool terminal_;
  bool drawn_ = false;
  std::string phase_;
  std::int64_t total_ = 0, rows_ = 0, size_bytes_ = 0;
  Clock::time_point started_ = Clock::now(), shown_ = Clock::now();
};

}  // namespace

std::unique_ptr<Progress> terminal_progress() { return std::make_unique<TerminalProgress>(); }

}  // namespace millpond::cli
