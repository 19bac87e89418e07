// Sound of AAC, Windows Media and others, and key frames of film. The files are made here, by the libraries' own
// encoders.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <tuple>

#include "extract/media/av_library.h"
#include "extract/media/media_file.h"
#include "extract/media/media_sound.h"
#include "extract/speech/sound_stream.h"
#include "extract/work_notice.h"
#include "media_maker.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/formats.h"
#include "millpond/extract/sound.h"
#include "millpond/extract/worker.h"
#include "millpond/model/catalog.h"
#include "millpond/operator.h"
#include "millpond/registry.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

const std::string kSpeech = MILLPOND_SOURCE_DIR "/tests/golden/speech/";

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::vector<float> all_of(SoundStream& sound) {
  std::vector<float> samples;
  for (std::size_t before = 1; before != samples.size();) {
    before = samples.size();
    EXPECT_TRUE(sound.read(samples).ok());
  }
  return samples;
}

class Media : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto api = av::load_library(); !api.ok())
      GTEST_SKIP() << "./dev install --media: " << api.status().message();
  }

  static const std::vector<float>& speech() {
    static const std::vector<float> kSamples = [] {
      const std::string bytes = content(kSpeech + "en-us.ogg");
      const auto sound = open_sound(bytes);
      return sound.ok() ? all_of(**sound) : std::vector<float>();
    }();
    return kSamples;
  }

  static std::string spoken(const std::string& container, const std::string& codec) {
    std::string problem, bytes = make_media(container, {.codec = codec, .samples = speech()}, {}, problem);
    EXPECT_EQ(problem, "") << container << " " << codec;
    return bytes;
  }
};

TEST_F(Media, LibrariesAreTheOnesWithoutPartsUnderTheGpl) {
  const auto api = av::load_library();
  EXPECT_STREQ((*api)->avcodec_license(), "LGPL version 2.1 or later");
}

TEST_F(Media, SoundIsThatWhichWasWritten) {
  struct Case {
    const char *container, *codec, *media_type, *name;
  };
  const Case cases[] = {{"ipod", "aac", "audio/mp4", "a.m4a"},         {"mp4", "aac", "video/mp4", "a.mp4"},
                        {"ipod", "alac", "audio/mp4", "a.m4a"},        {"adts", "aac", "audio/aac", "a.aac"},
                        {"asf", "wmav2", "video/x-ms-asf", "a.wma"},   {"avi", "ac3", "video/x-msvideo", "a.avi"},
                        {"ac3", "ac3", "audio/ac3", "a.ac3"},          {"matroska", "aac", "video/x-matroska", "a.mka"},
                        {"mpegts", "aac", "video/mp2t", "a.ts"},       {"mov", "pcm_s16le", "video/quicktime", "a.mov"},
                        {"aiff", "pcm_s16be", "audio/aiff", "a.aiff"}, {"caf", "pcm_s16be", "audio/x-caf", "a.caf"},
                        {"flv", "aac", "video/x-flv", "a.flv"}};
  const std::vector<float>& want = speech();
  ASSERT_GT(want.size(), 100'000u);
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.container) + " " + one.codec);
    // FLV's AAC and AC-3 know no 16 kHz; both keep the samples' number otherwise.
    const bool other_rate = std::string_view(one.codec) == "ac3";
    std::string problem;
    const std::string bytes = make_media(
        one.container, {.codec = one.codec, .rate_hz = other_rate ? 32'000 : 16'000, .samples = want}, {}, problem);
    ASSERT_EQ(problem, "");
    EXPECT_EQ(detect_media_type(bytes, one.name), one.media_type);
    const auto sound = open_media_sound(bytes);
    ASSERT_TRUE(sound.ok()) << sound.status().message();
    const std::vector<float> made = all_of(**sound);
    const double length = double(want.size()) / (other_rate ? 2 : 1);
    EXPECT_NEAR(double(made.size()), length, 4'096);
    // The same wave, at the same time but for what an encoder adds in front.
    double best = 0, power = 0;
    if (other_rate) continue;
    for (std::size_t i = 0; i < 32'000; ++i) power += double(want[i + 8'000]) * want[i + 8'000];
    for (int shift = -2'200; shift <= 2'200; shift += 1) {
      double alike = 0;
      for (std::size_t i = 8'000; i < 40'000; i += 2)
        alike += 2.0 * want[i] * made[std::size_t(std::int64_t(i) + shift)];
      best = std::max(best, alike);
    }
    EXPECT_GT(best, 0.7 * power);
    const Format* const format = find_format(one.media_type);
    ASSERT_NE(format, nullptr);
    const auto document = format->parse(bytes, {});
    ASSERT_TRUE(document.ok()) << document.status().message();
    ASSERT_FALSE(document->elements.empty());
    EXPECT_EQ(document->elements[0].kind, ElementKind::kTable);
    EXPECT_NE(document->elements[0].text.find("\naudio\t"), std::string::npos) << document->elements[0].text;
  }
}

TEST_F(Media, BrokenFilesGiveAnErrorOrWhatIsThere) {
  const std::string whole = spoken("ipod", "aac"), film = spoken("matroska", "aac");
  for (const std::string& bytes : {whole, film}) {
    for (std::size_t cut : {std::size_t{0}, std::size_t{8}, std::size_t{40}, bytes.size() / 2, bytes.size() - 10}) {
      auto sound = open_media_sound(std::string_view(bytes).substr(0, cut));
      if (sound.ok()) { EXPECT_LE(all_of(**sound).size(), speech().size() + 4'096); }
    }
    std::uint32_t state = 1;
    for (int round = 0; round < 40; ++round) {
      std::string hurt = bytes;
      for (int i = 0; i < 200; ++i) {
        state = state * 1664525 + 1013904223;
        hurt[state % hurt.size()] = static_cast<char>(state >> 24);
      }
      auto sound = open_media_sound(hurt);
      std::vector<float> samples;
      for (std::size_t before = 1; sound.ok() && before != samples.size() && samples.size() < 10'000'000;) {
        before = samples.size();
        if (!(*sound)->read(samples).ok()) break;
      }
      for (const float value : samples) ASSERT_TRUE(std::isfinite(value));
    }
  }
  for (const char* const other :
       {"%PDF-1.7 is no film", "#EXTM3U\n#EXTINF:1\n/etc/passwd\n", "ffconcat version 1.0\nfile '/etc/passwd'\n"}) {
    const auto sound = open_media_sound(other);
    ASSERT_FALSE(sound.ok()) << other;
    EXPECT_NE(sound.status().code(), Code::kInternal) << sound.status().message();
  }
}

TEST_F(Media, SoundThatBeginsLateIsHeardAtItsTime) {
  std::string problem;
  const MadeFilm film{.codec = "mpeg4", .frames = 30, .draw = [](int) {
                        return DrawnFrame{64, 48, std::vector<std::uint8_t>(64 * 48 * 3, 99)};
                      }};
  const auto some = std::span(speech()).first(48'000);
  const std::string bytes = make_media("matroska", {.codec = "aac", .samples = some, .begins_s = 2}, film, problem);
  ASSERT_EQ(problem, "");
  const auto sound = open_media_sound(bytes);
  ASSERT_TRUE(sound.ok()) << sound.status().message();
  const std::vector<float> made = all_of(**sound);
  EXPECT_NEAR(double(made.size()), 32'000 + 48'000, 4'096);
  EXPECT_TRUE(std::all_of(made.begin(), made.begin() + 28'000, [](float value) { return std::fabs(value) < 1e-3; }));
}

TEST_F(Media, TheFirstOfManyTracksIsHeard) {
  std::string problem;
  const std::string bytes = make_media("matroska", {.codec = "aac", .samples = speech()}, {}, problem, 20);
  ASSERT_EQ(problem, "");
  const auto sound = open_media_sound(bytes);
  ASSERT_TRUE(sound.ok()) << sound.status().message();
  EXPECT_NEAR(double(all_of(**sound).size()), double(speech().size()), 4'096);
}

/// What a worker makes of a file, and how large it was in its eyes.
Result<Document> worked(const std::string& bytes, std::string_view media_type, Limits limits = {}) {
  static WorkerPool workers;  // models are loaded once
  Context context;
  MP_ASSIGN(const EncodedDocument document,
            workers.parse({.media_type = media_type, .path = {}, .bytes = bytes, .sha256 = {}}, limits, context));
  return document.copy();
}

std::string words_of(const Document& document) {
  std::string words;
  bool said = false;
  for (const Element& element : document.elements) {
    if (said && element.kind == ElementKind::kParagraph) words += element.text.substr(element.text.find(']') + 1);
    said = said || element.text == "Transcript";
  }
  return words;
}

TEST_F(Media, TheWordsOfAacAreThoseOfWav) {
  if (!model::find_model("whisper-base").ok() || !model::find_model("silero-vad").ok()) {
    GTEST_SKIP() << "./dev install --models fetches the models";
  }
  const auto plain = worked(spoken("wav", "pcm_s16le"), "audio/wav"),
             packed = worked(spoken("ipod", "aac"), "audio/mp4");
  ASSERT_TRUE(plain.ok() && packed.ok());
  const std::string want = words_of(*plain);
  EXPECT_NE(want.find("Every table is a function of other tables."), std::string::npos) << want;
  EXPECT_EQ(words_of(*packed), want);
  EXPECT_EQ(packed->language, "en");
}

std::string mail_of(std::string bytes) {
  while (bytes.size() % 3 != 0) bytes += '\0';  // behind the last box of an MP4
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string coded;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k])); };
    const unsigned all = at(0) << 16 | at(1) << 8 | at(2);
    for (const int shift : {18, 12, 6, 0}) coded += kLetters[all >> shift & 63];
    if (coded.size() % 77 == 76) coded += '\n';
  }
  return "From: a@example.org\nTo: b@example.org\nSubject: what was said\nMIME-Version: 1.0\n"
         "Content-Type: multipart/mixed; boundary=xx\n\n--xx\nContent-Type: text/plain\n\nListen.\n--xx\n"
         "Content-Type: audio/mp4; name=talk.m4a\nContent-Transfer-Encoding: base64\n"
         "Content-Disposition: attachment; filename=talk.m4a\n\n" +
         coded + "\n--xx--\n";
}

TEST_F(Media, RecordingsInArchivesAndMailsAreWrittenDown) {
  if (!model::find_model("whisper-base").ok() || !model::find_model("silero-vad").ok()) {
    GTEST_SKIP() << "./dev install --models fetches the models";
  }
  std::string problem;
  const std::span<const float> first = std::span(speech()).first(60'000);
  const std::string talk = make_media("ipod", {.codec = "aac", .samples = first}, {}, problem);
  const std::string archive = zipped({{"talks/one.m4a", talk}});
  for (const auto& [type, bytes, name] :
       {std::tuple<std::string, std::string, std::string>{"application/zip", archive, "talks/one.m4a"},
        {"application/zip", zipped({{"inner.zip", archive}}), "inner.zip/talks/one.m4a"},
        {"message/rfc822", mail_of(talk), "talk.m4a"}}) {
    SCOPED_TRACE(type + " " + name);
    const auto document = worked(bytes, type);
    ASSERT_TRUE(document.ok()) << document.status().message();
    const auto part =
        std::find_if(document->parts.begin(), document->parts.end(), [&](const Part& one) { return one.name == name; });
    ASSERT_NE(part, document->parts.end());
    EXPECT_NE(words_of(part->document).find("Every table is a function"), std::string::npos)
        << words_of(part->document);
    EXPECT_TRUE(part->document.pictures.empty()) << "its bytes do not leave the worker";
  }
  Limits limits;
  limits.quality = Quality::kFast;
  const auto fast = worked(archive, "application/zip", limits);
  ASSERT_TRUE(fast.ok());
  EXPECT_EQ(words_of(fast->parts.at(0).document), "");
  EXPECT_TRUE(fast->parts.at(0).document.pictures.empty());
  limits.quality = Quality::kBalanced;
  limits.memory_bytes = std::ssize(talk) * 4 - 4;  // a quarter is for recordings
  const auto small = find_format("application/zip")->parse(archive, limits);
  ASSERT_TRUE(small.ok());
  EXPECT_TRUE(small->parts.at(0).document.metadata.at("transcript").starts_with("none: "));
  EXPECT_TRUE(small->parts.at(0).document.pictures.empty());
}

TEST(WorkNotice, SaysHowFarAndHowFastNowAndThen) {
  using std::chrono::seconds;
  const WorkNotice::Clock::time_point begin{};
  WorkNotice notice("/a/talk.m4a", begin);
  ResponseHead sign;
  sign.phase = WorkPhase::kVoices;
  EXPECT_EQ(notice.line(sign, begin + seconds(5)), "");
  EXPECT_EQ(notice.line(sign, begin + seconds(10)), "finds voices in talk.m4a");
  sign.phase = WorkPhase::kWords, sign.recording_s = 1'000;
  EXPECT_EQ(notice.line(sign, begin + seconds(12)), "");
  sign.share = 0.25F;
  EXPECT_EQ(notice.line(sign, begin + seconds(62)),
            "writes down talk.m4a: 25 %, 5.0 times as fast as it is spoken, about 3 min left");
  sign.share = 0.5F;
  EXPECT_EQ(notice.line(sign, begin + seconds(66)), "") << "not so soon";
  sign.phase = WorkPhase::kFrames, sign.share = 0.1F;
  EXPECT_EQ(notice.line(sign, begin + seconds(80)), "looks at talk.m4a: 10 %");
  sign.share = 0.6F;
  EXPECT_EQ(notice.line(sign, begin + seconds(90)), "looks at talk.m4a: 60 %, about 8 s left");
}

TEST_F(Media, WhatIsInstalledIsInTheFingerprintOfExtract) {
  const OperatorDef* const extract = find_operator("extract");
  ASSERT_NE(extract, nullptr);
  const auto fingerprint = [&](const char* quality) {
    const auto options = Options::resolve(extract->options, {{"quality", std::string(quality)}});
    EXPECT_TRUE(options.ok());
    return *extract->fingerprint_of(*options);
  };
  const std::string with = fingerprint("balanced"), fast = fingerprint("fast");
  EXPECT_NE(with.find("libavcodec"), std::string::npos) << with;
  EXPECT_EQ(fast, "");
  ::setenv("MILLPOND_MEDIA", "/nonexistent", 1);
  const std::string without = fingerprint("balanced");
  ::unsetenv("MILLPOND_MEDIA");
  EXPECT_NE(without, with);
  EXPECT_EQ(without.find("libavcodec"), std::string::npos) << without;
}

TEST_F(Media, WithoutSoundSaysNothing) {
  const auto document = worked("\x30\x26\xB2\x75\x8E\x66\xCF\x11 and no more", "video/x-ms-asf");
  ASSERT_FALSE(document.ok());
  EXPECT_EQ(document.status().message().find("internal"), std::string::npos) << document.status().message();
}

}  // namespace
}  // namespace millpond::extract
