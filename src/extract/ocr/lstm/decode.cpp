#include "extract/ocr/lstm/decode.h"

#include <algorithm>

#include "extract/ocr/lstm/beam.h"

namespace millpond::extract::lstm {
namespace {

struct ReadLetter {
  int letter = 0, from = 0, to = 0;  ///< the steps that it takes
  float certainty = 0;
  bool starts_word = false;
};

/// Puts the blanks to the letter behind them, before a space to the letter before it.
std::vector<ReadLetter> letters_of(const std::vector<BeamNode>& way) {
  std::vector<ReadLetter> out;
  const int steps = int(way.size());
  const auto at = [&](int step) -> const BeamNode& { return way[static_cast<std::size_t>(step)]; };
  for (int step = 0; step < steps;) {
    float certainty = 0;
    for (; step < steps && at(step).letter < 0; ++step) certainty = std::min(certainty, at(step).certainty);
    if (step == steps) {
      if (!out.empty()) out.back().certainty = std::min(out.back().certainty, certainty);
      break;
    }
    ReadLetter read{at(step).letter, step, 0, 0, at(step).starts_word};
    const bool space = read.letter == 0;
    if (space && !out.empty() && at(step).kind != WordKind::kNone) {
      out.back().certainty = std::min(out.back().certainty, certainty);
      certainty = 0;
    }
    do {
      const BeamNode& node = at(step++);
      const bool forget = space && node.kind == WordKind::kNone;
      if (node.certainty < certainty || forget) certainty = node.certainty;
    } while (step < steps && at(step).again);
    read.to = step;
    read.certainty = certainty;
    out.push_back(read);
  }
  return out;
}

/// Where one letter ends and the next one starts: in the middle of what lies between.
std::vector<int> borders_of(const std::vector<ReadLetter>& letters, int steps) {
  std::vector<int> borders{0};
  for (std::size_t i = 0; i + 1 < letters.size(); ++i) {
    borders.push_back(letters[i].to + (letters[i + 1].from - letters[i].to) / 2);
  }
  borders.push_back(steps);
  return borders;
}

}  // namespace

ReadLine read_line(const LineScores& scores, const Reading& with) {
  constexpr float kScale = 7 * 5;
  Beam beam(with);
  const std::vector<ReadLetter> letters = letters_of(beam.search(scores));
  const std::vector<int> borders = borders_of(letters, scores.steps);
  ReadLine line;
  for (const ReadLetter& letter : letters) line.doubt -= letter.certainty;
  float space_before = 0;
  for (std::size_t start = 0, end = 0; start < letters.size(); start = end) {
    for (end = start + 1; end < letters.size() && letters[end].letter != 0 && !letters[end].starts_word;) ++end;
    const bool space_follows = end < letters.size() && letters[end].letter == 0;
    const float space = space_follows ? letters[end].certainty : 0;
    ReadWord word;
    float certainty = std::min(space, space_before);
    for (std::size_t i = start; i < end; ++i) {
      word.text += with.letters->letters[static_cast<std::size_t>(letters[i].letter)].text;
      certainty = std::min(certainty, letters[i].certainty);
    }
    word.from = borders[start], word.to = borders[end];
    word.first_seen = letters[start].to, word.last_seen = letters[end - 1].from;
    word.confidence = std::clamp(100 + kScale * certainty, 0.0f, 100.0f);
    if (word.text.find_first_not_of(' ') != word.text.npos) line.words.push_back(std::move(word));
    space_before = space;
    if (space_follows) ++end;
  }
  return line;
}

}  // namespace millpond::extract::lstm
