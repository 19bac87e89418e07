#pragma once
// A language file of Tesseract 4 and 5 (`eng.traineddata`), as far as its line recogniser needs it.
// Source: the format is defined by Tesseract's own reading code (Apache-2.0): ccutil/tessdatamanager.cpp (the parts),
// lstm/network.cpp, plumbing.cpp, weightmatrix.cpp, lstmrecognizer.cpp (the network), ccutil/unicharset.cpp and
// unicharcompress.cpp (the letters), dict/dawg.cpp (the words).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract::lstm {

/// The parts of the file, views into its bytes; those that it lacks are empty.
struct LanguageParts {
  std::string_view network, punctuation, words, numbers, letters, codes;
};

/// Errors: kCorrupt.
Result<LanguageParts> split_language_file(std::string_view bytes);

/// Numbers of eight bits: output `o` is scales[o] * (the product of row o with the input + 127 * bias[o]).
struct Weights {
  int outputs = 0, inputs = 0;
  std::vector<std::int8_t> values;  ///< outputs x inputs
  std::vector<std::int8_t> bias;
  std::vector<float> scales;
};

/// A step of the network. `Summary` runs down each column and keeps what it has at the end; the other two run along the
/// line, `kBackward` from right to left.
struct Layer {
  enum class Kind { kConvolve, kTanh, kMaxpool, kSummary, kForward, kBackward, kSoftmax };
  Kind kind = Kind::kForward;
  int inputs = 0, outputs = 0;  ///< numbers a place
  int across = 0, down = 0;     ///< kConvolve: half of the window; kMaxpool: the window
  std::vector<Weights>
      weights;  ///< an LSTM has four: cell, input, forget and output gate; its inputs are input and state
};

struct Network {
  int height = 0;  ///< of a line, in pixels
  std::vector<Layer> layers;
  int blank = 0;             ///< the output that stands for no letter
  std::int64_t samples = 0;  ///< read in training; seeds the noise at the borders
};

/// Reads a network of the usual kind. Errors: kUnsupported (any other kind, weights that are no bytes); kCorrupt.
Result<Network> read_network(std::string_view bytes);

/// What the outputs of the network stand for.
struct Letters {
  struct Letter {
    std::string text;
    bool digit = false;
  };
  std::vector<Letter> letters;      ///< by number; 0 is the space
  std::vector<int> letter_of_code;  ///< -1: none
};

/// Errors: kUnsupported (letters of more than one code, scripts without spaces or from right to left); kCorrupt.
Result<Letters> read_letters(std::string_view letters, std::string_view codes, int outputs);

}  // namespace millpond::extract::lstm
