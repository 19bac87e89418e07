#pragma once
// Reads lines of print with the network of a language file of Tesseract, without its library.
// Tesseract's own code spends most of its time on moving single numbers of the same small network about.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "extract/ocr/lstm/decode.h"
#include "extract/ocr/ocr.h"

namespace millpond::extract::lstm {

/// Where a line stands. Units: pixels; x1 and y1 are behind the last one.
struct Strip {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// Threads: any number at once.
class LineReader {
 public:
  /// Errors: kUnavailable (no such file), kUnsupported (a network or a script of another kind), kCorrupt.
  static Result<std::unique_ptr<const LineReader>> open(const std::string& path);

  /// The words of each line; their places are pixels of the picture. Light print on dark is read too.
  Result<std::vector<ReadLine>> read(const GrayImage& image, std::span<const Strip> strips) const;

 private:
  LineReader(Network network, Letters letters, Dictionary dictionary);

  Runner runner_;
  Letters letters_;
  Dictionary dictionary_;
  Reading reading_;
};

}  // namespace millpond::extract::lstm
