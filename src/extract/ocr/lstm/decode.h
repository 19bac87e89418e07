#pragma once
// The words that the scores of a line stand for.
// Source: Tesseract's lstm/recodebeam.cpp (Apache-2.0) describes the search: a beam with and one without the
// dictionary, in which a letter that shares a step with the blank counts with both.

#include <string>
#include <vector>

#include "extract/ocr/lstm/dictionary.h"
#include "extract/ocr/lstm/forward.h"
#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {

/// Units: steps of the network from the left.
struct ReadWord {
  std::string text;
  int from = 0, to = 0;
  int first_seen = 0, last_seen = 0;  ///< within its first letter, and within its last one
  float confidence = 0;               ///< 0 to 100
};

struct ReadLine {
  std::vector<ReadWord> words;
  float doubt = 0;  ///< 0: none; grows with every letter that is not certain
};

/// What a line is read with. The parts belong to somebody else.
struct Reading {
  const Letters* letters = nullptr;
  const Dictionary* dictionary = nullptr;
  int blank = 0;
};

ReadLine read_line(const LineScores& scores, const Reading& with);

}  // namespace millpond::extract::lstm
