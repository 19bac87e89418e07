#include "extract/speech/transcriber.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "extract/speech/whisper_rules.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

constexpr double kCompressionMax = 2.4, kLogProbabilityMin = -1.0, kNoSpeech = 0.6;
constexpr double kTemperatures[] = {0.0, 0.2, 0.4, 0.6, 0.8, 1.0};
constexpr std::size_t kFramesAStep = 2;  // a time step has 20 ms, a frame 10

/// How often a text repeats itself: its length by what is left of it when it is compressed.
double compression_of(const std::string& text) {
  if (text.empty()) return 0;
  uLongf size = ::compressBound(text.size());
  std::vector<Bytef> packed(size);
  if (::compress(packed.data(), &size, reinterpret_cast<const Bytef*>(text.data()), text.size()) != Z_OK) return 0;
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

/// The next number of a fixed sequence, from 0 to 1 (splitmix64).
double draw(std::uint64_t& seed) {
  std::uint64_t x = seed += 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return static_cast<double>((x ^ x >> 31) >> 11) * 0x1p-53;
}

std::size_t choose(const std::vector<float>& log_probabilities, double temperature, std::uint64_t& seed) {
  const auto best = std::max_element(log_probabilities.begin(), log_probabilities.end());
  if (temperature <= 0) return static_cast<std::size_t>(best - log_probabilities.begin());
  const auto weight = [&](float value) { return std::exp((double(value) - double(*best)) / temperature); };
  double sum = 0;
  for (const float value : log_probabilities) sum += weight(value);
  double left = draw(seed) * sum;
  for (std::size_t i = 0; i < log_probabilities.size(); ++i) {
    left -= weight(log_probabilities[i]);
    if (left < 0) return i;
  }
  return static_cast<std::size_t>(best - log_probabilities.begin());
}

}  // namespace

Transcriber::Transcriber(model::SpeechBackend& backend, const WhisperVocabulary& vocabulary,
                         std::function<void()> still_working)
    : backend_(backend), vocabulary_(vocabulary), still_working_(std::move(still_working)), maker_(backend.bands()) {}

Status Transcriber::step(int token) {
  std::string error;
  still_working_();
  if (!backend_.step(token, scores_, error)) return internal("speech: ", error);
  if (scores_.size() < vocabulary_.words.size()) return corrupt("the speech model scores too few tokens");
  scores_.resize(vocabulary_.words.size());
  return {};
}

Status Transcriber::detect_language(HeardWindow& heard, int& language, double& no_speech) {
  backend_.restart();
  MP_TRY(step(vocabulary_.start));
  const auto likelier = [&](int a, int b) { return scores_[std::size_t(a)] < scores_[std::size_t(b)]; };
  const auto best = std::max_element(vocabulary_.languages.begin(), vocabulary_.languages.end(), likelier);
  language = *best;
  heard.language = vocabulary_.language_names[static_cast<std::size_t>(best - vocabulary_.languages.begin())];
  log_softmax(scores_);
  no_speech = std::exp(double(scores_[static_cast<std::size_t>(vocabulary_.no_speech)]));
  return {};
}

Result<Transcriber::Decoded> Transcriber::decode(int language, double temperature, std::uint64_t& seed) {
  Decoded made;
  backend_.restart();
  MP_TRY(step(vocabulary_.start));
  MP_TRY(step(language));
  MP_TRY(step(vocabulary_.transcribe));
  const std::size_t most = backend_.tokens_max() / 2;
  double sum = 0;
  while (true) {
    apply_whisper_rules(vocabulary_, made.tokens, scores_);
    log_softmax(scores_);
    const std::size_t token = choose(scores_, temperature, seed);
    sum += double(scores_[token]);
    if (static_cast<int>(token) == vocabulary_.end) break;
    made.tokens.push_back(static_cast<int>(token));
    if (made.tokens.size() >= most) break;
    MP_TRY(step(static_cast<int>(token)));
  }
  made.log_probability = sum / static_cast<double>(made.tokens.size() + 1);
  made.compression = compression_of(clean(vocabulary_.text(made.tokens)));
  return made;
}

Result<Transcriber::Decoded> Transcriber::decode_well(int language, double no_speech, std::uint64_t seed) {
  Decoded best;
  bool any = false;
  for (const double temperature : kTemperatures) {
    MP_ASSIGN(Decoded made, decode(language, temperature, seed));
    const bool unlikely = made.log_probability < kLogProbabilityMin;
    if (no_speech > kNoSpeech && unlikely) return Decoded{};
    if (made.compression <= kCompressionMax && !unlikely) return made;
    const auto rank = [](const Decoded& d) { return d.log_probability - (d.compression > kCompressionMax ? 1e6 : 0); };
    if (!any || rank(made) > rank(best)) best = std::move(made);
    any = true;
  }
  return best;
}

Result<HeardWindow> Transcriber::hear(std::span<const float> samples) {
  HeardWindow heard;
  const Spectrogram all = maker_.make(samples);
  int language = -1;
  double no_speech = 0;
  constexpr std::size_t kRestMin = 20;  // less than 0.2 s is no word
  for (std::size_t at = 0; at < all.frames && (at == 0 || all.frames - at >= kRestMin);) {
    const std::size_t count = std::min(all.frames - at, kWindowFrames);
    padded_.assign(all.bands * kWindowFrames, 0.0F);
    for (std::size_t b = 0; b < all.bands; ++b)
      std::copy_n(all.values.data() + b * all.frames + at, count, padded_.data() + b * kWindowFrames);
    std::string error;
    if (!backend_.encode(padded_.data(), error)) return internal("speech: ", error);
    if (language < 0) {
      MP_TRY(detect_language(heard, language, no_speech));
    } else {
      HeardWindow again;
      int other = 0;
      MP_TRY(detect_language(again, other, no_speech));
    }
    MP_ASSIGN(const Decoded decoded, decode_well(language, no_speech, at));
    int next = 0;
    const int steps = static_cast<int>(count / kFramesAStep);
    for (const WhisperPiece& piece : cut_at_times(decoded.tokens, vocabulary_.time_zero, steps, next)) {
      std::string text = clean(vocabulary_.text(piece.tokens));
      if (text.empty() || piece.begin == piece.end) continue;
      const std::int64_t begin = static_cast<std::int64_t>(at) * 10;
      heard.cues.push_back({begin + 20 * piece.begin, begin + 20 * piece.end, std::move(text)});
    }
    if (next <= 0) next = steps;
    if (next >= steps) break;
    at += static_cast<std::size_t>(next) * kFramesAStep;
  }
  if (heard.cues.empty()) heard.language.clear();
  return heard;
}

}  // namespace millpond::extract
