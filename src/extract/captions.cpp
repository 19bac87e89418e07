#include "millpond/extract/captions.h"

#include <algorithm>
#include <cstdint>

namespace millpond::extract {
namespace {

struct Word {
  std::string_view text;  ///< lower case
  CaptionOf of;
};

constexpr Word kWords[] = {{"figure", CaptionOf::kFigure},
                           {"fig.", CaptionOf::kFigure},
                           {"fig", CaptionOf::kFigure},
                           {"figura", CaptionOf::kFigure},
                           {"abbildung", CaptionOf::kFigure},
                           {"abb.", CaptionOf::kFigure},
                           {"bild", CaptionOf::kFigure},
                           {"afbeelding", CaptionOf::kFigure},
                           {"figuur", CaptionOf::kFigure},
                           {"obrázek", CaptionOf::kFigure},
                           {"obr.", CaptionOf::kFigure},
                           {"rysunek", CaptionOf::kFigure},
                           {"рисунок", CaptionOf::kFigure},
                           {"рис.", CaptionOf::kFigure},
                           {"chart", CaptionOf::kFigure},
                           {"scheme", CaptionOf::kFigure},
                           {"plate", CaptionOf::kFigure},
                           {"diagram", CaptionOf::kFigure},
                           {"table", CaptionOf::kTable},
                           {"tab.", CaptionOf::kTable},
                           {"tabelle", CaptionOf::kTable},
                           {"tableau", CaptionOf::kTable},
                           {"tabla", CaptionOf::kTable},
                           {"tabella", CaptionOf::kTable},
                           {"tabela", CaptionOf::kTable},
                           {"tabel", CaptionOf::kTable},
                           {"tabulka", CaptionOf::kTable},
                           {"таблица", CaptionOf::kTable},
                           {"табл.", CaptionOf::kTable},
                           {"listing", CaptionOf::kAnything},
                           {"algorithm", CaptionOf::kAnything},
                           {"exhibit", CaptionOf::kAnything},
                           {"illustration", CaptionOf::kFigure},
                           {"図", CaptionOf::kFigure},
                           {"图", CaptionOf::kFigure},
                           {"圖", CaptionOf::kFigure},
                           {"表", CaptionOf::kTable}};

/// Bytes of `word` at the beginning of `text`, whatever the case of its letters; 0 if others stand there.
std::size_t begins_with(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 'A' && byte <= 'Z' ? byte + 32 != static_cast<unsigned char>(word[i]) : text[i] != word[i]) {
      // Cyrillic capitals and a few accented ones differ in their last bytes: only the first letter may be one.
      return 0;
    }
  }
  return word.size();
}

std::size_t begins_with_cyrillic(std::string_view text, std::string_view word) {
  // А to П are D0 90 to D0 9F, their small letters D0 B0 to D0 BF; Р to Я are D0 A0 to D0 AF, small D1 80 to D1 8F.
  if (text.size() < word.size() || text.size() < 2 || text[0] != '\xD0') return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool low = second >= 0xA0 && second <= 0xAF;
  if (!low && (second < 0x90 || second > 0x9F)) return 0;
  const char first[] = {low ? '\xD1' : '\xD0', static_cast<char>(low ? second - 0x20 : second + 0x20)};
  if (word.substr(0, 2) != std::string_view(first, 2) || text.substr(2, word.size() - 2) != word.substr(2)) return 0;
  return word.size();
}

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Length of "3", "2.1", "A.4", "S2b", "IV", "3-1"; 0 if no number stands there.
std::size_t number_at(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && at < 6 && std::string_view("IVXLC").find(text[at]) != std::string_view::npos) ++at;
  if (at > 0 && (at == text.size() || std::string_view(".: -|").find(text[at]) != std::string_view::npos)) return at;
  at = 0;
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z') at = text[1] == '.' || text[1] == '-' ? 2 : 1;
  if (at >= text.size() || !digit(text[at])) return 0;
  while (at < text.size()) {
    if (digit(text[at])) {
      ++at;
    } else if ((text[at] == '.' || text[at] == '-') && at + 1 < text.size() && digit(text[at + 1])) {
      at += 2;
    } else {
      break;
    }
  }
  const bool letter = at < text.size() && text[at] >= 'a' && text[at] <= 'f';
  if (letter && (at + 1 == text.size() || !((text[at + 1] | 32) >= 'a' && (text[at + 1] | 32) <= 'z'))) ++at;
  return at;
}

std::size_t space_at(std::string_view text) {
  if (text.starts_with(' ') || text.starts_with('\n')) return 1;
  return text.starts_with("\u00A0") ? 2 : 0;
}

bool shown(ElementKind kind) { return kind == ElementKind::kFigure || kind == ElementKind::kTable; }

bool fits(CaptionOf of, ElementKind kind) {
  return of == CaptionOf::kNothing || of == CaptionOf::kAnything ||
         (of == CaptionOf::kTable) == (kind == ElementKind::kTable);
}

float distance(const Box& above, const Box& below) { return std::max(0.0f, below.y0 - above.y1); }

}  // namespace

CaptionLabel caption_label(std::string_view text) {
  for (const Word& word : kWords) {
    std::size_t at = begins_with(text, word.text);
    if (at == 0) at = begins_with_cyrillic(text, word.text);
    if (at == 0) continue;
    const bool ideograph = static_cast<unsigned char>(word.text[0]) >= 0xE0;
    const std::size_t space = space_at(text.substr(at));
    if (space == 0 && !ideograph) continue;
    at += space;
    const std::size_t number = number_at(text.substr(at));
    if (number == 0) continue;
    at += number;
    CaptionLabel label{word.of, at, at == text.size()};
    std::string_view rest = text.substr(at);
    for (const std::string_view close : {":", ".", "\uFF1A", " –", " —", " -", " |", ")"}) {
      if (!rest.starts_with(close)) continue;
      label.closed = true;
      label.end += close.size();
      break;
    }
    return label;
  }
  return {};
}

std::vector<int> captions_of(std::span<const Element> elements) {
  std::vector<int> out(elements.size(), -1);
  const auto size = static_cast<std::int64_t>(elements.size());
  for (std::int64_t i = 0, run = 0; i < size; ++i) {
    const auto at = [&](std::int64_t k) -> const Element& { return elements[static_cast<std::size_t>(k)]; };
    const bool goes_on =
        i > 0 && (shown(at(i - 1).kind) || at(i - 1).kind == ElementKind::kCaption) && at(i - 1).page == at(i).page;
    if (!goes_on) run = i;  // where figures, tables and captions without text between them begin
    if (at(i).kind != ElementKind::kCaption) continue;
    const CaptionOf of = caption_label(at(i).text).of;
    const auto free = [&](std::int64_t k) {
      return k >= run && k < size && shown(at(k).kind) && at(k).page == at(i).page && fits(of, at(k).kind) &&
             out[static_cast<std::size_t>(k)] < 0;
    };
    bool before = free(i - 1), after = free(i + 1);
    if (before && after) {
      const Box &above = at(i - 1).box, &own = at(i).box, &below = at(i + 1).box;
      const bool known = !above.empty() && !own.empty() && !below.empty();
      const bool leads = at(run).kind == ElementKind::kCaption || (!known && at(i + 1).kind == ElementKind::kTable);
      before = known && run + 1 != i ? distance(above, own) <= distance(own, below) : !leads;
      if (known && run + 1 == i) before = distance(above, own) <= distance(own, below);
      after = !before;
    }
    const auto own = static_cast<int>(i);
    if (before) {  // figures side by side share a caption; tables do not
      const ElementKind kind = at(i - 1).kind;
      for (std::int64_t k = i - 1; free(k) && at(k).kind == kind && (k == i - 1 || kind == ElementKind::kFigure); --k) {
        out[static_cast<std::size_t>(k)] = own;
      }
    } else if (after) {
      out[static_cast<std::size_t>(i + 1)] = own;
    }
  }
  return out;
}

}  // namespace millpond::extract
