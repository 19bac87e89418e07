#include "curate/pii/pii_text.h"

#include <algorithm>

namespace millpond::curate {

bool PiiText::mentions(std::size_t at, Words words, std::size_t reach) const {
  const std::size_t from = at > reach ? at - reach : 0;
  for (std::size_t begin = from; begin < at; ++begin) {
    if (!is_letter(text_[begin])) continue;
    const char previous = before(begin);
    const bool begins = !is_letter(previous) || (is_upper(text_[begin]) && !is_upper(previous));
    if (!begins) continue;
    const char first = lower(text_[begin]);
    for (const std::string_view word : words) {
      if (word[0] != first || begin + word.size() > at) continue;
      std::size_t i = 1;
      while (i < word.size() && lower(text_[begin + i]) == word[i]) ++i;
      if (i < word.size()) continue;
      const char next = (*this)[begin + i];
      if (!is_letter(next) || (is_upper(next) && !is_upper(text_[begin + i - 1]))) return true;
    }
  }
  return false;
}

NumberRun read_number_run(const PiiText& text, std::size_t at) {
  NumberRun run;
  const char previous = text.before(at);
  const char beyond = at >= 2 ? text[at - 2] : '\0';
  const bool tied = previous == '-' || previous == '/'   ? is_alnum(beyond)
                    : previous == '.' || previous == ':' ? is_digit(beyond)
                                                         : is_wordy(previous) && !text.after_escape(at);
  if (tied) run.joined = previous;
  std::size_t digits = 0;
  while (run.count < NumberRun::kGroupsMax) {
    NumberRun::Group& group = run.groups[run.count];
    group.begin = at;
    while (is_digit(text[at]) && digits < NumberRun::kDigitsMax) run.digits[digits++] = text[at++];
    group.end = at;
    group.digits_end = digits;
    if (group.end > group.begin) ++run.count;
    if (is_digit(text[at])) {
      run.cut = true;
      return run;
    }
    const char separator = text[at];
    if ((separator != ' ' && separator != '-' && separator != '.' && separator != '/') || !is_digit(text[at + 1])) {
      return run;
    }
    group.separator = separator;
    ++at;
  }
  run.cut = true;
  return run;
}

bool NumberRun::ends_at(const PiiText& text, std::size_t group) const {
  if (cut && group + 1 == count) return false;
  const std::size_t end = groups[group].end;
  const char next = text[end], beyond = text[end + 1];
  if (next == '-') return !is_alnum(beyond);
  if (next == '/' || next == ':') return !is_digit(beyond);
  if (next == '.') return !is_digit(beyond) && !(is_letter(beyond) && !is_upper(beyond));
  return !is_wordy(next);
}

bool NumberRun::is(const PiiText& text, std::span<const unsigned char> sizes, std::string_view separators) const {
  if (count < sizes.size() || joined != 0) return false;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (digits_in(i) != sizes[i]) return false;
    if (i + 1 == sizes.size()) break;
    if (groups[i].separator != groups[0].separator || separators.find(groups[i].separator) == std::string_view::npos) {
      return false;
    }
  }
  return ends_at(text, sizes.size() - 1);
}

}  // namespace millpond::curate
