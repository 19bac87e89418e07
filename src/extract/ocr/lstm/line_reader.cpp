#include "extract/ocr/lstm/line_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>

#include "extract/ocr/leptonica.h"

namespace millpond::extract::lstm {
namespace {

constexpr std::size_t kLinesAtOnce = 32;  // bounds the memory
constexpr int kStepsMax = 20'000;

/// The value below which a share of the counted values lies, between whole values as if they were spread evenly.
float share_of(const std::array<int, 256>& counts, double share) {
  double total = 0;
  for (const int count : counts) total += count;
  const double target = std::max(1.0, share * total);
  double sum = 0;
  int value = 0;
  for (; value < 256 && sum < target; ++value) sum += counts[static_cast<std::size_t>(value)];
  return static_cast<float>(value - (sum - target) / counts[static_cast<std::size_t>(value - 1)]);
}

/// Dark and light are taken from the valleys and peaks along the middle of the line.
/// Source: Tesseract's lstm/networkio.cpp (ComputeBlackWhite, SetPixel).
LinePixels normalized(const GrayImage& line) {
  std::array<int, 256> valleys{}, peaks{};
  bool any_valley = false, any_peak = false;
  const std::uint8_t* row = line.pixels.data() + line.height / 2 * line.width;
  for (int x = 1; x + 1 < line.width; ++x) {
    const int before = row[x - 1], here = row[x], after = row[x + 1];
    if ((here < before && here <= after) || (here <= before && here < after)) ++valleys[row[x]], any_valley = true;
    if ((here > before && here >= after) || (here >= before && here > after)) ++peaks[row[x]], any_peak = true;
  }
  if (!any_valley) valleys[0] = 1;
  if (!any_peak) peaks[255] = 1;
  const float black = share_of(valleys, 0.25), white = share_of(peaks, 0.75);
  float half = (white - black) / 2;
  if (half <= 0) half = 1;
  std::array<std::int8_t, 256> bytes;
  for (int value = 0; value < 256; ++value) {
    const float scaled = 128 * ((static_cast<float>(value) - black) / half - 1);
    bytes[static_cast<std::size_t>(value)] = static_cast<std::int8_t>(std::clamp(std::round(scaled), -127.0f, 127.0f));
  }
  LinePixels out{line.width, line.height, {}};
  out.pixels.reserve(line.pixels.size());
  for (const std::uint8_t value : line.pixels) out.pixels.push_back(bytes[value]);
  return out;
}

/// The mean likelihood of the letters that are likelier than the blank; 0 without any.
double sureness(const LineScores& scores, int blank) {
  double sum = 0;
  int count = 0;
  for (int step = 0; step < scores.steps; ++step) {
    const std::span<const float> values = scores.at(step);
    const auto best = std::max_element(values.begin(), values.end());
    if (best - values.begin() == blank) continue;
    sum += *best;
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

void invert(GrayImage& image) {
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
}

}  // namespace

LineReader::LineReader(Network network, Letters letters, Dictionary dictionary)
    : runner_(network),
      letters_(std::move(letters)),
      dictionary_(std::move(dictionary)),
      reading_{&letters_, &dictionary_, network.blank} {}

Result<std::unique_ptr<const LineReader>> LineReader::open(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return unavailable("no language file of Tesseract: ", path);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  MP_ASSIGN(const LanguageParts parts, split_language_file(bytes));
  MP_ASSIGN(Network network, read_network(parts.network));
  MP_ASSIGN(Letters letters, read_letters(parts.letters, parts.codes, network.layers.back().outputs));
  MP_ASSIGN(Dictionary dictionary, Dictionary::read(parts));
  return std::unique_ptr<const LineReader>(
      new LineReader(std::move(network), std::move(letters), std::move(dictionary)));
}

Result<std::vector<ReadLine>> LineReader::read(const GrayImage& image, std::span<const Strip> strips) const {
  constexpr double kSure = 0.7;  // less may be light print on dark
  std::vector<ReadLine> out(strips.size());
  for (std::size_t first = 0; first < strips.size(); first += kLinesAtOnce) {
    const std::size_t count = std::min(kLinesAtOnce, strips.size() - first);
    std::vector<GrayImage> pictures(count);
    std::vector<LinePixels> lines(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Strip& strip = strips[first + i];
      if (strip.x1 <= strip.x0 || strip.y1 <= strip.y0) continue;
      MP_ASSIGN(pictures[i], scaled_part(image, strip.x0, strip.y0, strip.x1, strip.y1, runner_.height()));
      if (pictures[i].width < runner_.step_pixels() || pictures[i].width > kStepsMax * runner_.step_pixels()) continue;
      lines[i] = normalized(pictures[i]);
    }
    std::vector<LineScores> scores = runner_.run(lines);
    for (std::size_t i = 0; i < count; ++i) {
      if (scores[i].steps == 0) continue;
      const double sure = sureness(scores[i], reading_.blank);
      if (sure < kSure) {
        invert(pictures[i]);
        const LinePixels light = normalized(pictures[i]);
        std::vector<LineScores> again = runner_.run({&light, 1});
        if (sureness(again[0], reading_.blank) > sure) scores[i] = std::move(again[0]);
      }
      const Strip& strip = strips[first + i];
      const float pixels =
          static_cast<float>(runner_.step_pixels() * (strip.y1 - strip.y0)) / static_cast<float>(runner_.height());
      out[first + i] = read_line(scores[i], reading_);
      const auto place = [&](int step) {
        return std::min(strip.x1, strip.x0 + static_cast<int>(std::lround(static_cast<float>(step) * pixels)));
      };
      for (ReadWord& word : out[first + i].words) {
        word.from = place(word.from), word.to = place(word.to);
        word.first_seen = place(word.first_seen), word.last_seen = place(word.last_seen);
      }
    }
  }
  return out;
}

}  // namespace millpond::extract::lstm
