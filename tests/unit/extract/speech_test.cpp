// From sound to text; tests/golden/speech/make.py wrote what other programs give.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

#include "extract/sound/film_sound.h"
#include "extract/speech/resampler.h"
#include "extract/speech/spectrogram.h"
#include "extract/speech/transcript.h"
#include "extract/speech/voice_segments.h"
#include "extract/speech/whisper_rules.h"
#include "extract/speech/whisper_vocabulary.h"
#include "extract/worker_protocol.h"
#include "millpond/extract/worker.h"
#include "millpond/model/catalog.h"

namespace millpond::extract {
namespace {

const std::string kGolden = MILLPOND_SOURCE_DIR "/tests/golden/speech/";

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

TEST(Spectrogram, EqualsThatOfFasterWhisper) {
  std::vector<float> samples(16'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto t = static_cast<double>(i);
    const double noise = static_cast<double>((i * 7919 + 104729) % 65537) / 65537 - 0.5;
    const double tones = 0.3 * std::sin(t * 0.05) + 0.2 * std::sin(t * 0.31 + 1) + 0.1 * std::sin(t * 1.7);
    samples[i] = static_cast<float>((i < samples.size() / 2 ? tones : 0) + 0.01 * noise);
  }
  const Spectrogram made = SpectrogramMaker(80).make(samples);
  ASSERT_EQ(made.frames, 100u);
  std::ifstream expected(kGolden + "spectrogram.txt");
  for (std::size_t band = 0; band < 80; band += 7) {
    for (std::size_t frame = 0; frame < 100; frame += 9) {
      float value = 0;
      ASSERT_TRUE(expected >> value);
      EXPECT_NEAR(made.values[band * made.frames + frame], value, 1e-4) << band << " " << frame;
    }
  }
}

TEST(Spectrogram, HasNoFrameOfNothing) { EXPECT_EQ(SpectrogramMaker(80).make({}).frames, 0u); }

/// As tests/golden/speech/make.py makes them.
std::vector<float> probabilities(std::int64_t seed, std::size_t count) {
  std::vector<float> made;
  double level = 0.1;
  std::int64_t left = 0;
  while (made.size() < count) {
    seed = (seed * 1103515245 + 12345) % (std::int64_t{1} << 31);
    if (left == 0) {
      left = 1 + seed / 65536 % (level < 0.5 ? 60 : 14);
      level = level < 0.5 ? 0.9 : 0.1;
    }
    --left;
    made.push_back(static_cast<float>(level + static_cast<double>(seed / 256 % 100 - 50) / 130));
  }
  return made;
}

TEST(VoiceSegments, AreThoseOfSilero) {
  std::ifstream expected(kGolden + "segments.txt");
  std::string line;
  int lines = 0;
  for (; std::getline(expected, line); ++lines) {
    std::istringstream in(line);
    std::int64_t seed = 0, count = 0;
    in >> seed >> count;
    std::vector<VoiceSegment> want;
    for (VoiceSegment segment; in >> segment.begin >> segment.end;) want.push_back(segment);
    const auto made = voice_segments(probabilities(seed, static_cast<std::size_t>(count)), count * 512 - 100);
    ASSERT_EQ(made.size(), want.size()) << "seed " << seed;
    for (std::size_t i = 0; i < made.size(); ++i) {
      EXPECT_EQ(made[i].begin, want[i].begin) << "seed " << seed << ", segment " << i;
      EXPECT_EQ(made[i].end, want[i].end) << "seed " << seed << ", segment " << i;
    }
  }
  EXPECT_EQ(lines, 5);
}

TEST(VoiceSegments, JoinToWindowsThatAreNeverTooLong) {
  const std::vector<VoiceSegment> segments{{0, 40}, {50, 90}, {95, 130}, {200, 450}};
  const std::vector<VoiceSegment> want{{0, 90}, {95, 130}, {200, 300}, {300, 400}, {400, 450}};
  EXPECT_EQ(join_segments(segments, 100), want);
}

TEST(Resampler, KeepsAToneAndRemovesWhatTheRateCannotHold) {
  for (const int rate : {8'000, 22'050, 44'100, 48'000}) {
    Resampler resampler(rate, 16'000);
    std::vector<float> out;
    for (int second = 0; second < 2; ++second) {
      std::vector<float> in(static_cast<std::size_t>(rate));
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double t = double(second) + double(i) / rate;
        in[i] = static_cast<float>(std::sin(2 * std::numbers::pi * 1'000 * t));
        if (rate > 40'000) in[i] += static_cast<float>(std::sin(2 * std::numbers::pi * 11'000 * t));
      }
      resampler.add(in, out);
    }
    resampler.finish(out);
    ASSERT_EQ(out.size(), 32'000u) << rate;
    double worst = 0;
    for (std::size_t i = 500; i + 500 < out.size(); ++i)
      worst = std::max(worst, std::fabs(out[i] - std::sin(2 * std::numbers::pi * 1'000 * double(i) / 16'000)));
    EXPECT_LT(worst, 2e-3) << rate;
  }
}

WhisperVocabulary small_vocabulary() {
  auto made = read_vocabulary(
      "a\n\xC4\xA0"
      "b\n\xC3\x84\n<|endoftext|>\n<|startoftranscript|>\n<|en|>\n<|transcribe|>\n<|nospeech|>\n"
      "<|notimestamps|>\n<|0.00|>\n<|0.02|>\n<|0.04|>\n<|0.06|>\n",
      R"({"lang_ids": [5], "suppress_ids": [2], "suppress_ids_begin": [0]})");
  EXPECT_TRUE(made.ok()) << made.status().message();
  return *made;
}

TEST(WhisperVocabulary, WritesBytes) {
  const WhisperVocabulary vocabulary = small_vocabulary();
  EXPECT_EQ(vocabulary.text(std::vector<int>{0, 1, 9, 3, 0}), "a ba");
  EXPECT_EQ(vocabulary.words[2], "\xC4");  // a byte of its own is no UTF-8
  EXPECT_EQ(vocabulary.text(std::vector<int>{2}), "\xEF\xBF\xBD");
  EXPECT_EQ(vocabulary.language_names, std::vector<std::string>{"en"});
  EXPECT_EQ(read_vocabulary("a\nb\n", "{}").status().code(), Code::kUnsupported);
  EXPECT_EQ(read_vocabulary("<|endoftext|>\n", "{").status().code(), Code::kUnsupported);
}

std::vector<int> allowed(const WhisperVocabulary& vocabulary, const std::vector<int>& said, std::vector<float> scores) {
  apply_whisper_rules(vocabulary, said, scores);
  std::vector<int> out;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isfinite(scores[i])) out.push_back(static_cast<int>(i));
  }
  return out;
}

TEST(WhisperRules, LetTimesComeInPairsAndNotGoBack) {
  const WhisperVocabulary vocabulary = small_vocabulary();  // times are 9 to 12
  std::vector<float> even(13, 0.0F);
  even[0] = even[1] = even[3] = 9;  // words are likelier than all times together
  EXPECT_EQ(allowed(vocabulary, {}, even), (std::vector<int>{9, 10, 11, 12})) << "a time comes first";
  EXPECT_EQ(allowed(vocabulary, {9}, even), (std::vector<int>{0, 1, 3, 4, 5, 6, 7})) << "then no other time";
  EXPECT_EQ(allowed(vocabulary, {10, 0}, even), (std::vector<int>{0, 1, 3, 4, 5, 6, 7, 11, 12})) << "the end is later";
  EXPECT_EQ(allowed(vocabulary, {9, 0, 11}, even), (std::vector<int>{3, 4, 5, 6, 7, 11, 12})) << "an end, a begin";
  even[12] = 10;
  EXPECT_EQ(allowed(vocabulary, {9, 0}, even), (std::vector<int>{10, 11, 12})) << "times are likelier than words";
}

TEST(WhisperRules, CutTokensAtTheirTimes) {
  int next = 0;
  const auto both = cut_at_times(std::vector<int>{9, 0, 11, 11, 1, 12}, 9, 100, next);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].end, 2);
  EXPECT_EQ(both[1].begin, 2);
  EXPECT_EQ(both[1].end, 3);
  EXPECT_EQ(next, 100) << "nothing is said after the last time";
  const auto open = cut_at_times(std::vector<int>{9, 0, 11, 11, 1}, 9, 100, next);
  EXPECT_EQ(open.size(), 1u);
  EXPECT_EQ(next, 2) << "a piece without its end is heard again";
  EXPECT_EQ(cut_at_times(std::vector<int>{0, 1}, 9, 100, next).at(0).end, 100);
  EXPECT_TRUE(cut_at_times({}, 9, 100, next).empty());
}

std::vector<float> samples_of(const std::string& bytes) {
  std::vector<float> samples;
  auto sound = open_sound(bytes);
  EXPECT_TRUE(sound.ok()) << sound.status().message();
  for (std::size_t before = 1; sound.ok() && before != samples.size();) {
    before = samples.size();
    EXPECT_TRUE((*sound)->read(samples).ok());
  }
  return samples;
}

TEST(FilmSound, IsTakenOutAsItIsCoded) {
  const auto sound = sound_of_matroska(content(kGolden + "de.webm"));
  ASSERT_TRUE(sound.ok()) << sound.status().message();
  EXPECT_TRUE(sound->starts_with("OggS"));
  EXPECT_EQ(sound_of_matroska("no film").status().code(), Code::kInvalidArgument);
  if (!open_sound(content(kGolden + "de.ogg")).ok()) GTEST_SKIP() << "no libsndfile";
  const std::vector<float> film = samples_of(*sound), other = samples_of(content(kGolden + "de.ogg"));
  EXPECT_NEAR(double(film.size()), double(other.size()), 1'000);
  double alike = 0, power = 0;
  for (std::size_t i = 0; i < std::min(film.size(), other.size()); ++i) {
    alike += double(film[i]) * double(other[i]), power += double(other[i]) * double(other[i]);
  }
  EXPECT_GT(alike, 0.8 * power) << "at the same times";
}

Result<Document> heard(const std::string& bytes, Quality quality) {
  WorkerPool workers;
  Context context;
  Limits limits;
  limits.quality = quality;
  MP_ASSIGN(const EncodedDocument document,
            workers.parse({.media_type = "audio/ogg", .path = {}, .bytes = bytes, .sha256 = {}}, limits, context));
  return document.copy();
}

TEST(Transcript, IsWhatFasterWhisperWrites) {
  if (!model::find_model("whisper-base").ok() || !model::find_model("silero-vad").ok()) {
    GTEST_SKIP() << "./dev install --models fetches the models";
  }
  if (!open_sound(content(kGolden + "de.ogg")).ok()) GTEST_SKIP() << "no libsndfile";
  const auto english = heard(content(kGolden + "en-us.ogg"), Quality::kBalanced);
  ASSERT_TRUE(english.ok()) << english.status().message();
  EXPECT_EQ(english->language, "en");
  ASSERT_GE(english->elements.size(), 3u);
  EXPECT_EQ(english->elements[1].text, "Transcript");
  EXPECT_EQ(english->elements[2].text,
            "[0:00:00] Every table is a function of other tables. A build computer can only what has changed. They "
            "then cursor are committed together, so a crash at any point loses nothing.");
  const auto german = heard(content(kGolden + "de.ogg"), Quality::kBalanced);
  ASSERT_TRUE(german.ok()) << german.status().message();
  EXPECT_EQ(german->language, "de");
  EXPECT_EQ(german->elements.back().text,
            "[0:00:00] Jeder Tabell ist eine Funktion anderer Tabellen. Nichts geht verloren.");
}

TEST(Transcript, IsNotMadeWhereNoneIsWanted) {
  const auto fast = heard(content(kGolden + "de.ogg"), Quality::kFast);
  ASSERT_TRUE(fast.ok()) << fast.status().message();
  EXPECT_EQ(fast->elements.size(), 1u);
}

}  // namespace
}  // namespace millpond::extract
