// SubRip and WebVTT.

#include "millpond/extract/subtitles.h"

#include <algorithm>
#include <cstdio>

#include "extract/document_builder.h"
#include "extract/html/entities.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

constexpr std::int64_t kPauseMs = 2'000, kParagraphMs = 30'000, kParagraphMsMax = 90'000;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  const bool both = end + 1 < rest.size() && rest[end] == '\r' && rest[end + 1] == '\n';
  rest.remove_prefix(std::min(rest.size(), end + (both ? 2 : 1)));
  return line;
}

/// Takes "01:02:03,400", "02:03.400" off the front; -1 if there is none.
std::int64_t take_time(std::string_view& text) {
  std::int64_t parts[4] = {}, digits[4] = {};
  int count = 0;
  std::size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  for (; at < text.size() && count < 4; ++at) {
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      if (++digits[count] > 9) return -1;
      parts[count] = parts[count] * 10 + (c - '0');
    } else if ((c == ':' || c == ',' || c == '.') && digits[count] > 0) {
      ++count;
      if (c != ':') {  // what follows are milliseconds
        std::int64_t ms = 0, n = 0;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
          if (n++ < 3) ms = ms * 10 + (text[at] - '0');
        }
        for (; n < 3; ++n) ms *= 10;
        if (count < 2 || count > 3) return -1;
        const std::int64_t hours = count == 3 ? parts[0] : 0;
        text.remove_prefix(at);
        return ((hours * 60 + parts[count - 2]) * 60 + parts[count - 1]) * 1000 + ms;
      }
    } else {
      return -1;
    }
  }
  return -1;
}

bool read_times(std::string_view line, std::int64_t& from, std::int64_t& to) {
  from = take_time(line);
  if (from < 0) return false;
  const std::size_t arrow = line.find_first_not_of(' ');
  if (arrow == line.npos || !line.substr(arrow).starts_with("-->")) return false;
  line.remove_prefix(arrow + 3);
  to = take_time(line);
  return to >= from;
}

std::string time_text(std::int64_t ms) {
  char text[64];
  const std::int64_t seconds = ms / 1000;
  std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

/// The text of a line of a cue; `speaker` from a voice tag.
std::string spoken(std::string_view line, std::string& speaker) {
  std::string out;
  while (!line.empty()) {
    const std::size_t open = std::min(line.find_first_of("<{"), line.size());
    out += line.substr(0, open);
    line.remove_prefix(open);
    if (line.empty()) break;
    const std::size_t close = line.find(line[0] == '<' ? '>' : '}');
    const bool style = line[0] == '<' || line.starts_with("{\\");
    if (close == line.npos || !style) {
      out += line[0];
      line.remove_prefix(1);
      continue;
    }
    const std::string_view tag = line.substr(1, close - 1);
    if (tag.starts_with("v ") || tag.starts_with("v.")) {
      if (const std::size_t space = tag.find(' '); space != tag.npos) speaker = clean(tag.substr(space));
    }
    line.remove_prefix(close + 1);
  }
  return clean(decode_entities(out));
}

struct Cue {
  std::int64_t from_ms = 0, to_ms = 0;
  std::string speaker;
  std::vector<std::string> lines;
};

class Paragraphs {
 public:
  explicit Paragraphs(DocumentBuilder& out) : out_(out) {}

  void add(Cue cue) {
    const bool pause = cue.from_ms - to_ms_ > kPauseMs || cue.from_ms < from_ms_;
    const bool sentence = !text_.empty() && (text_.back() == '.' || text_.back() == '?' || text_.back() == '!');
    const std::int64_t so_far = to_ms_ - from_ms_;
    if (pause || cue.speaker != speaker_ || (sentence && so_far > kParagraphMs) || so_far > kParagraphMsMax) flush();
    if (text_.empty()) from_ms_ = cue.from_ms, speaker_ = cue.speaker;
    for (std::string& line : cue.lines) {
      if (std::find(last_.begin(), last_.end(), line) != last_.end()) continue;  // rolling captions
      (text_ += text_.empty() ? "" : " ") += line;
    }
    last_ = std::move(cue.lines);
    to_ms_ = std::max(to_ms_, cue.to_ms);
  }

  void flush() {
    if (!text_.empty()) {
      out_.paragraph("[" + time_text(from_ms_) + "] " + (speaker_.empty() ? "" : speaker_ + ": ") + text_);
    }
    text_.clear();
  }
  std::int64_t end_ms() const { return to_ms_; }

 private:
  DocumentBuilder& out_;
  std::string text_, speaker_;
  std::vector<std::string> last_;
  std::int64_t from_ms_ = 0, to_ms_ = 0;
};

}  // namespace

Result<Document> parse_subtitles(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  std::string_view rest = source.text;
  DocumentBuilder out(limits);
  Paragraphs paragraphs(out);
  std::int64_t cues = 0;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.starts_with("NOTE") || line.starts_with("STYLE") || line.starts_with("REGION")) {
      while (!rest.empty() && !clean(take_line(rest)).empty()) {}
      continue;
    }
    Cue cue;
    if (!read_times(line, cue.from_ms, cue.to_ms)) {
      if (line.starts_with("Language:")) out.document.language = clean(line.substr(9));
      continue;
    }
    ++cues;
    while (!rest.empty()) {
      const std::string_view next = take_line(rest);
      if (next.find_first_not_of(" \t") == next.npos) break;
      if (std::string text = spoken(next, cue.speaker); !text.empty()) cue.lines.push_back(std::move(text));
    }
    paragraphs.add(std::move(cue));
    MP_TRY(out.status());
  }
  paragraphs.flush();
  if (cues == 0) return invalid("no subtitles: nothing like 00:00:01,000 --> 00:00:02,000 in ", bytes.size(), " bytes");
  out.metadata("duration", time_text(paragraphs.end_ms()));
  return out.finish();
}

}  // namespace millpond::extract
