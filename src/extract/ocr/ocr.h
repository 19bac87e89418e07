#pragma once
// Text out of pictures, by an engine that may or may not be installed.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

/// One byte a pixel, 0 black; rows from the top without padding.
struct GrayImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
};

/// A word and where it stands. Units: pixels from the top left.
struct OcrWord {
  std::string text;
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int line = 0;          ///< words of one line have the same number; lines come in reading order
  float confidence = 0;  ///< 0 to 100
};

/// Threads: one.
class OcrEngine {
 public:
  virtual ~OcrEngine() = default;
  virtual Result<std::vector<OcrWord>> read(const GrayImage& image, int dpi) = 0;
  /// Quarters by which the picture must be turned clockwise to read upright; 0 if that is not certain.
  virtual int quarters_to_upright(const GrayImage& image, int dpi) = 0;
  virtual std::string name() const = 0;  ///< "tesseract 5.3.0 (eng)"
};

/// Who reads the lines that Tesseract finds. `kOwn` is our reader of the same network, for languages whose file is of
/// the usual kind and for upright lines; everything else falls back to `kTesseract`. It takes less than half of the
/// time.
enum class LinesBy { kOwn, kTesseract };

/// Opens Tesseract, if its library is installed (`libtesseract.so.5`, found when it is needed). The engine goes back
/// to a place from which the next document takes it: to load its language costs as much as a fifth of a page.
/// Errors: kUnavailable with what to install, also for a language (`languages`: "eng" or "eng+deu").
Result<std::shared_ptr<OcrEngine>> open_tesseract(const std::string& languages, LinesBy lines = LinesBy::kOwn);

}  // namespace millpond::extract
