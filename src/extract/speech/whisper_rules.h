#pragma once
// Which token may follow, as Whisper was trained to write: times come in pairs and do not go back.

#include <span>
#include <vector>

#include "extract/speech/whisper_vocabulary.h"

namespace millpond::extract {

/// Sets the scores of tokens that must not follow `said` to minus infinity, and all of words where a time is likelier
/// than any of them.
/// Source: Radford et al. 2022, 2.3 and 4.5.
void apply_whisper_rules(const WhisperVocabulary& vocabulary, std::span<const int> said, std::vector<float>& scores);

/// Natural logarithms of the probabilities that scores stand for, in place.
void log_softmax(std::vector<float>& scores);

/// A piece of a window's text. Units: time steps of 20 ms from where the decoder began.
struct WhisperPiece {
  int begin = 0, end = 0;
  std::vector<int> tokens;
};

/// Cuts tokens at their times. `steps` is the length of what was heard; `next` becomes where hearing goes on, which is
/// before `steps` where the last piece has no end.
std::vector<WhisperPiece> cut_at_times(std::span<const int> tokens, int time_zero, int steps, int& next);

}  // namespace millpond::extract
