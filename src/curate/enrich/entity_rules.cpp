#include "curate/enrich/entity_rules.h"

#include <algorithm>

#include "curate/pii/contacts.h"

namespace millpond::curate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }
char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(), fold);
  return made;
}

bool is_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }

/// Cuts what closes the sentence around an address: full stops, quotes, brackets that were opened before it.
std::uint32_t trim_address(std::string_view text, std::uint32_t begin, std::uint32_t end) {
  while (end > begin) {
    const std::string_view inside = text.substr(begin, end - begin);
    const char last = inside.back();
    if (std::string_view(".,;:!?'\"*_").find(last) != std::string_view::npos) {
      --end;
      continue;
    }
    const std::size_t pair = std::string_view(")]}").find(last);
    if (pair != std::string_view::npos &&
        std::count(inside.begin(), inside.end(), last) > std::count(inside.begin(), inside.end(), "([{"[pair])) {
      --end;
      continue;
    }
    break;
  }
  return end;
}

/// White space, angle brackets, quotes, and what is not ASCII but a quotation mark or CJK punctuation.
std::uint32_t address_end(std::string_view text, std::uint32_t at) {
  while (at < text.size()) {
    const char c = text[at];
    if (is_space(c) || c == '<' || c == '>' || c == '"' || c == '`' || c == '|' || c == '\\' || c == '^') break;
    const std::string_view three = text.substr(at, 3);
    if (three.starts_with("\u00BB") || three == "\u201D" || three == "\u2019" || three == "\u3002" ||
        three == "\uFF0C" || three == "\u3001" || three == "\uFF09") {
      break;
    }
    ++at;
  }
  return at;
}

void find_contacts(std::string_view text, std::vector<Entity>& found) {
  std::vector<Found> spans;
  find_emails(text, spans);
  for (const Found& span : spans) {
    found.push_back({"email", std::uint32_t(span.begin), std::uint32_t(span.end),
                     lower(text.substr(span.begin, span.end - span.begin))});
  }
  find_addresses(text, /*public_only=*/false, spans);
  for (const Found& span : spans) {
    // A part of more numbers than four is none.
    const bool goes_on = span.end + 1 < text.size() && text[span.end] == '.' && is_digit(text[span.end + 1]);
    const bool began = span.begin > 1 && text[span.begin - 1] == '.' && is_digit(text[span.begin - 2]);
    if (goes_on || began) continue;
    const std::string_view found_text = text.substr(span.begin, span.end - span.begin);
    found.push_back({"ip", std::uint32_t(span.begin), std::uint32_t(span.end), std::string(found_text)});
  }
}

/// Words before a number that make it the number of a place in the document, not a version.
bool names_place(std::string_view word) {
  static constexpr std::string_view kWords[] = {
      "abbildung", "abschnitt", "annex",   "annexe",  "anhang",   "appendix", "art",       "article",
      "artikel",   "box",       "chapter", "clause",  "equation", "example",  "fig",       "figure",
      "figures",   "item",      "kapitel", "listing", "no",       "note",     "paragraph", "part",
      "section",   "sections",  "see",     "step",    "tab",      "tabelle",  "table",     "tables",
      "teil",      "theorem",   "lemma",   "the",     "in",       "of",       "and",       "to"};
  const std::string low = lower(word);
  return std::find(std::begin(kWords), std::end(kWords), low) != std::end(kWords);
}

/// The word that ends right before `at`, with one blank between.
std::string_view word_before(std::string_view text, std::uint32_t at) {
  if (at == 0 || text[at - 1] != ' ') return {};
  std::uint32_t end = at - 1, begin = end;
  while (begin > 0 && (is_letter(text[begin - 1]) || is_digit(text[begin - 1]) || text[begin - 1] == '-' ||
                       text[begin - 1] == '+' || text[begin - 1] == '#')) {
    --begin;
  }
  return text.substr(begin, end - begin);
}

/// "-rc1", "~beta2", "+b3": what may follow the numbers of a version.
std::uint32_t version_tail(std::string_view text, std::uint32_t at) {
  static constexpr std::string_view kTails[] = {"alpha", "beta",     "rc",    "dev", "pre",
                                                "post",  "snapshot", "final", "lts"};
  if (at >= text.size()) return at;
  const bool sign = text[at] == '-' || text[at] == '+' || text[at] == '~' || text[at] == '.';
  const std::uint32_t from = at + (sign ? 1 : 0);
  for (const std::string_view tail : kTails) {
    if (lower(text.substr(from, tail.size())) != tail) continue;
    std::uint32_t end = from + static_cast<std::uint32_t>(tail.size());
    while (end < text.size() &&
           (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
      ++end;
    if (end == text.size() || !is_letter(text[end])) return end;
  }
  return at;
}

}  // namespace

void find_urls(std::string_view text, std::vector<Entity>& found) {
  const auto word = [](char c) { return is_letter(c) || is_digit(c); };
  for (std::size_t at = 0; (at = text.find_first_of(":w", at)) != std::string_view::npos; ++at) {
    std::size_t begin = at;
    std::string scheme;
    if (text[at] == ':') {
      if (text.substr(at, 3) != "://") continue;
      while (begin > 0 && at - begin < 6 && is_letter(text[begin - 1]) && (text[begin - 1] & 0x80) == 0) --begin;
      const std::string name = lower(text.substr(begin, at - begin));
      if (name != "http" && name != "https" && name != "ftp" && name != "ftps" && name != "s3" && name != "git")
        continue;
      if (at + 3 >= text.size() || !(word(text[at + 3]) || text[at + 3] == '[')) continue;
    } else {
      if (text.substr(at, 4) != "www." || at + 4 >= text.size() || !word(text[at + 4])) continue;
      if (at > 0 && (word(text[at - 1]) || std::string_view("./-_@").find(text[at - 1]) != std::string_view::npos))
        continue;
      scheme = "https://";
    }
    const auto from = static_cast<std::uint32_t>(begin);
    const std::uint32_t end = trim_address(text, from, address_end(text, static_cast<std::uint32_t>(at)));
    const std::string_view url = text.substr(from, end - from);
    if (scheme.empty() ? url.size() <= at - begin + 3 : url.find('.', 4) == std::string_view::npos) continue;
    found.push_back({"url", from, end, scheme.append(url)});
    at = end - 1;
  }
}

void find_dois(std::string_view text, std::vector<Entity>& found) {
  for (std::size_t at = 0; (at = text.find("10.", at)) != std::string_view::npos; at += 3) {
    if (at > 0 && (is_digit(text[at - 1]) || text[at - 1] == '.')) continue;
    std::size_t slash = at + 3;
    while (slash < text.size() && is_digit(text[slash])) ++slash;
    if (slash - at < 7 || slash - at > 12 || slash + 1 >= text.size() || text[slash] != '/') continue;
    const auto begin = static_cast<std::uint32_t>(at);
    const std::uint32_t end = trim_address(text, begin, address_end(text, static_cast<std::uint32_t>(slash)));
    if (end <= slash + 1) continue;
    found.push_back({"doi", begin, end, lower(text.substr(at, end - at))});
    at = end - 3;
  }
}

void find_versions(std::string_view text, std::vector<Entity>& found) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (std::uint32_t at = 0; at < size; ++at) {
    if (!is_digit(text[at])) continue;
    std::uint32_t end = at, parts = 0, longest = 0;
    while (end < size && is_digit(text[end])) {
      const std::uint32_t from = end;
      while (end < size && is_digit(text[end])) ++end;
      longest = std::max(longest, end - from);
      ++parts;
      if (end + 1 < size && text[end] == '.' && is_digit(text[end + 1])) {
        ++end;
      } else {
        break;
      }
    }
    const std::uint32_t numbers = end;
    const std::uint32_t begin = at;
    at = end;
    const bool with_v = begin > 0 && (text[begin - 1] == 'v' || text[begin - 1] == 'V') &&
                        (begin < 2 || !(is_letter(text[begin - 2]) || is_digit(text[begin - 2])));
    if (!with_v && begin > 0 &&
        (is_letter(text[begin - 1]) || std::string_view("-_/.,:$").find(text[begin - 1]) != std::string_view::npos))
      continue;
    end = version_tail(text, end);
    if (end < size && (is_letter(text[end]) || text[end] == '%' || text[end] == '_' || text[end] == '/' ||
                       (text[end] == '-' && end + 1 < size && is_digit(text[end + 1])))) {
      continue;
    }
    if (longest > 8 || parts > 5) continue;
    const std::string_view before = word_before(text, begin);
    const std::string low = lower(before);
    const bool called = low == "version" || low == "versions" || low == "release" || low == "ver" ||
                        low == "versione" || low == "versión" || low == "versão" || low == "versie";
    const bool product = !before.empty() && before[0] >= 'A' && before[0] <= 'Z' && !names_place(before);
    const bool enough = with_v   ? parts >= 2
                        : called ? parts >= 2 || end > numbers
                                 : product && (parts == 3 || end > numbers);
    if (!enough) continue;
    found.push_back({"version", with_v ? begin - 1 : begin, end, std::string(text.substr(begin, end - begin))});
    at = end;
  }
}

std::vector<Entity> find_entities(std::string_view text) {
  text = text.substr(0, std::min<std::size_t>(text.size(), INT32_MAX));
  // Of two that overlap, the one that is looked for first stays.
  std::vector<Entity> all;
  const auto add = [&](auto&& find) {
    std::vector<Entity> more;
    find(text, more);
    const std::size_t before = all.size();
    std::size_t at = 0;
    for (Entity& entity : more) {
      while (at < before && all[at].end <= entity.begin) ++at;
      if (at < before && all[at].begin < entity.end) continue;
      all.push_back(std::move(entity));
    }
    std::sort(all.begin(), all.end(), [](const Entity& a, const Entity& b) { return a.begin < b.begin; });
  };
  add(find_urls);
  add([](std::string_view in, std::vector<Entity>& found) {
    find_contacts(in, found);
    std::sort(found.begin(), found.end(), [](const Entity& a, const Entity& b) { return a.begin < b.begin; });
  });
  add(find_dois);
  add(find_dates);
  add(find_amounts);
  add(find_versions);
  return all;
}

}  // namespace millpond::curate
