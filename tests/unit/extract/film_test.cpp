// Key frames of film. Most films are made here, by the libraries' own encoders; tests/golden/film/make.py made the
// others.

#include "extract/media/film.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "extract/media/av_library.h"
#include "extract/media/key_frames.h"
#include "extract/ocr/leptonica.h"
#include "extract/ocr/ocr.h"
#include "extract/picture_bytes.h"
#include "extract/time_text.h"
#include "media_maker.h"
#include "millpond/extract/page_image.h"
#include "millpond/extract/worker.h"
#include "millpond/operator.h"

namespace millpond::extract {
namespace {

const std::string kGolden = MILLPOND_SOURCE_DIR "/tests/golden/";

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

Raster plain(int side, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Raster raster{side, side, 3, {}};
  for (int i = 0; i < side * side; ++i) raster.pixels.insert(raster.pixels.end(), {red, green, blue});
  return raster;
}

/// A ground with a light square in it.
Raster scene(std::uint8_t red, std::uint8_t green, std::uint8_t blue, int left) {
  Raster raster = plain(48, red, green, blue);
  for (int y = 10; y < 30; ++y) {
    for (int x = left; x < left + 16; ++x)
      for (int c = 0; c < 3; ++c) raster.pixels[static_cast<std::size_t>((y * 48 + x) * 3 + c)] = 240;
  }
  return raster;
}

TEST(KeyFrames, ChangeIsMeasuredByColoursInRegions) {
  const PictureColours red = colours_of(scene(180, 20, 20, 4)), moved = colours_of(scene(180, 20, 20, 8)),
                       blue = colours_of(scene(20, 20, 180, 4));
  EXPECT_EQ(difference(red, red), 0);
  EXPECT_LT(difference(red, moved), 0.15F);
  EXPECT_GT(difference(red, blue), 0.4F);
  EXPECT_NEAR(difference(colours_of(plain(48, 0, 0, 0)), colours_of(plain(48, 255, 255, 255))), 1, 1e-4);
  EXPECT_TRUE(colours_of(plain(48, 7, 7, 7)).plain);
  EXPECT_FALSE(red.plain);
}

std::vector<std::int64_t> times(const std::vector<SeenFrame>& frames) {
  std::vector<std::int64_t> out;
  for (const SeenFrame& frame : frames) out.push_back(frame.start_ms / 1000);
  return out;
}

TEST(KeyFrames, AreTakenWhereThePictureChangesAndNowAndThen) {
  const FilmRules rules{.frames_max = 100, .seconds_min = 5, .seconds_max = 60};
  const PictureColours red = colours_of(scene(180, 20, 20, 4)), blue = colours_of(scene(20, 20, 180, 4)),
                       black = colours_of(plain(48, 0, 0, 0));
  FrameChooser chooser(rules);
  for (int second = 0; second < 200; ++second)
    chooser.look(second, second * 1000,
                 second < 3                    ? black
                 : second >= 20 && second < 22 ? blue
                 : second < 150                ? red
                                               : blue);
  // Black is passed over; two seconds of blue count; red comes back not sooner than 5 s later; then each minute.
  EXPECT_EQ(times(chooser.chosen()), (std::vector<std::int64_t>{3, 20, 25, 85, 145, 150}));

  FrameChooser dark(rules);
  for (int second = 0; second < 9; ++second) dark.look(second, second * 1000, black);
  EXPECT_EQ(times(dark.chosen()), std::vector<std::int64_t>{0}) << "a film that shows nothing has one picture of it";
}

/// A light slide with lines of text, or a dark ground with somebody on it.
Raster talk(int lines, int person) {
  Raster raster = plain(48, 250, 250, 250);
  const auto fill = [&](int left, int right, int top, int bottom, std::uint8_t value) {
    for (int y = top; y < bottom; ++y) {
      for (int i = (y * 48 + left) * 3; i < (y * 48 + right) * 3; ++i)
        raster.pixels[static_cast<std::size_t>(i)] = value;
    }
  };
  for (int line = 0; line < lines; ++line) fill(4, 34, 4 + 6 * line, 7 + 6 * line, 120);
  if (person >= 0) fill(person, person + 10, 20, 40, 40);
  return raster;
}

TEST(KeyFrames, OfATalkAreItsSlidesAndNotEachStepOfTheSpeaker) {
  const FilmRules rules{.frames_max = 100, .seconds_min = 3, .seconds_max = 1000};
  EXPECT_LT(difference(colours_of(talk(2, -1)), colours_of(talk(6, -1))), 0.2F) << "less than another scene";
  FrameChooser slides(rules);
  for (int second = 0; second < 40; ++second)
    slides.look(second, second * 1000, colours_of(talk(2 + second / 10 % 2 * 4, -1)));
  EXPECT_EQ(times(slides.chosen()), (std::vector<std::int64_t>{0, 10, 20, 30}));
  FrameChooser speaker(rules);
  for (int second = 0; second < 30; ++second) speaker.look(second, second * 1000, colours_of(talk(2, second % 7 * 4)));
  EXPECT_EQ(times(speaker.chosen()), std::vector<std::int64_t>{0});
}

TEST(KeyFrames, AreNotMoreThanAllowedAndSpreadOverTheFilm) {
  const PictureColours red = colours_of(scene(180, 20, 20, 4)), blue = colours_of(scene(20, 20, 180, 4));
  FrameChooser chooser({.frames_max = 4, .seconds_min = 1, .seconds_max = 1000});
  for (int second = 0; second < 100; ++second) chooser.look(second, second * 1000, second % 2 == 0 ? red : blue);
  const std::vector<std::int64_t> chosen = times(chooser.chosen());
  ASSERT_EQ(chosen.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(chosen[i] * 4 / 100, std::int64_t(i)) << "one in each quarter";
  FrameChooser none({.frames_max = 0});
  none.look(0, 0, red);
  EXPECT_TRUE(none.chosen().empty());
}

TEST(KeyFrames, TimesStandInFrontOfTheirTexts) {
  EXPECT_EQ(time_mark(3'723'900), "[1:02:03]");
  EXPECT_EQ(time_mark_ms("[1:02:03] said"), 3'723'000);
  for (const char* other : {"", "[", "[]", "[1:02]", "[a:02:03]", "1:02:03]", "[1:02:03", "[-1:02:03]"})
    EXPECT_EQ(time_mark_ms(other), -1) << other;
}

/// Scenes of four seconds, at 10 frames a second.
MadeFilm film_of(const std::string& codec, int width = 160, int height = 120) {
  return {.codec = codec, .frames = 120, .draw = [=](int number) {
            DrawnFrame drawn{width, height, {}};
            static constexpr std::uint8_t kGrounds[][3] = {{180, 20, 20}, {20, 150, 40}, {20, 40, 180}};
            for (int y = 0; y < height; ++y) {
              for (int x = 0; x < width; ++x) {
                const bool square = y > 20 && y < 60 && x > number % 40 && x < number % 40 + 40;
                for (int c = 0; c < 3; ++c) drawn.rgb.push_back(square ? 240 : kGrounds[number / 40][c]);
              }
            }
            return drawn;
          }};
}

std::vector<KeyFrame> frames_of(std::string_view bytes, const FilmRules& rules, Status& status) {
  std::vector<KeyFrame> frames;
  status = read_key_frames(
      bytes, rules, [](double share) { EXPECT_TRUE(share >= 0 && share <= 1); },
      [&](KeyFrame&& frame) {
        frames.push_back(std::move(frame));
        return Status();
      });
  return frames;
}

class Film : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto api = av::load_library(); !api.ok())
      GTEST_SKIP() << "./dev install --media: " << api.status().message();
  }
  static std::string made(const std::string& container, const MadeFilm& film, const MadeSound& sound = {.codec = ""}) {
    std::string problem, bytes = make_media(container, sound, film, problem);
    EXPECT_EQ(problem, "");
    return bytes;
  }
};

/// The strongest of three colours in a corner where nothing moves.
int colour_of(const Raster& picture) {
  const auto corner = picture.pixels.begin() + (picture.height - 3) * picture.width * 3;
  return static_cast<int>(std::max_element(corner, corner + 3) - corner);
}

TEST_F(Film, ScenesAreFoundInEveryCoding) {
  struct Case {
    const char *container, *codec;
  };
  const FilmRules rules{.seconds_min = 1, .seconds_max = 100};
  for (const Case& one :
       {Case{"mp4", "mpeg4"}, Case{"matroska", "libvpx"}, Case{"webm", "libvpx-vp9"}, Case{"avi", "mpeg4"},
        Case{"mpegts", "mpeg2video"}, Case{"avi", "mjpeg"}, Case{"asf", "wmv2"}}) {
    SCOPED_TRACE(std::string(one.container) + " " + one.codec);
    MadeFilm film = film_of(one.codec);
    if (std::string_view(one.codec) == "mpeg2video") film.frames_per_second = 25, film.frames = 120;
    Status status;
    const std::vector<KeyFrame> frames = frames_of(made(one.container, film), rules, status);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_EQ(frames.size(), 3u);
    const std::int64_t scene_ms = 40'000 / film.frames_per_second;
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(colour_of(frames[std::size_t(i)].picture), i);
      EXPECT_EQ(frames[std::size_t(i)].picture.width, 160);
      EXPECT_NEAR(double(frames[std::size_t(i)].start_ms), double(i * scene_ms), 450) << "a key frame later at most";
    }
  }
}

TEST_F(Film, H264AndHevcOfOtherEncodersAreRead) {
  for (const char* name : {"film/h264.mp4", "film/hevc.mkv"}) {
    SCOPED_TRACE(name);
    Status status;
    const auto frames = frames_of(content(kGolden + name), {.seconds_min = 0.5, .seconds_max = 100}, status);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_EQ(frames.size(), 3u);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(frames[std::size_t(i)].start_ms, i * 1000);
      EXPECT_EQ(colour_of(frames[std::size_t(i)].picture), i == 0 ? 0 : i == 1 ? 1 : 2);
    }
  }
}

TEST_F(Film, PicturesAreNotLargerThanAllowed) {
  Status status;
  MadeFilm film = film_of("mpeg4", 2000, 1000);
  film.frames = 2;
  const auto frames = frames_of(made("mp4", film), {}, status);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].picture.width, 1280);
  EXPECT_EQ(frames[0].picture.height, 640);
}

TEST_F(Film, BrokenFilmsDoNoHarm) {
  const std::string whole = made("matroska", film_of("mpeg4")), packed = content(kGolden + "film/h264.mp4");
  std::uint32_t state = 1;
  for (const std::string& bytes : {whole, packed}) {
    for (int round = 0; round < 60; ++round) {
      std::string hurt = bytes.substr(0, round % 3 == 0 ? bytes.size() * std::size_t(round) / 60 : bytes.size());
      for (int i = 0; i < 40 && !hurt.empty(); ++i) {
        state = state * 1664525 + 1013904223;
        hurt[state % hurt.size()] = static_cast<char>(state >> 24);
      }
      Status status;
      for (const KeyFrame& frame : frames_of(hurt, {.seconds_min = 0.5}, status))
        ASSERT_EQ(frame.picture.pixels.size(),
                  std::size_t(frame.picture.width) * std::size_t(frame.picture.height) * 3);
    }
  }
}

Document media_document(const std::vector<std::pair<ElementKind, std::string>>& elements) {
  Document document;
  document.elements.push_back({.kind = ElementKind::kTable, .text = "track\tcodec\tlanguage\nvideo\tx\t\n"});
  for (const auto& [kind, text] : elements) document.elements.push_back({.kind = kind, .text = text});
  return document;
}

TEST_F(Film, FiguresStandAmongWhatIsSaidByTheirTime) {
  const std::string bytes = made("mp4", film_of("mpeg4"));
  Document said = media_document({{ElementKind::kTitle, "Transcript"},
                                  {ElementKind::kParagraph, "[0:00:02] First."},
                                  {ElementKind::kParagraph, "[0:00:09] Second."}});
  Limits limits;
  limits.pictures = true;
  const FilmRules rules{.seconds_min = 1, .seconds_max = 100};
  ASSERT_TRUE(add_key_frames(bytes, rules, limits, [](double) {}, said).ok());
  std::vector<std::string> texts;
  for (const Element& element : said.elements) texts.push_back(element.text);
  texts.erase(texts.begin());
  EXPECT_EQ(texts, (std::vector<std::string>{"Transcript", "[0:00:00]", "[0:00:02] First.", "[0:00:04]", "[0:00:08]",
                                             "[0:00:09] Second."}));
  EXPECT_EQ(said.metadata.at("key_frames_ms"), "0 4000 8000");
  ASSERT_EQ(said.pictures.size(), 3u);
  for (const Picture& picture : said.pictures) {
    EXPECT_EQ(said.elements[std::size_t(picture.element)].kind, ElementKind::kFigure);
    EXPECT_EQ(picture_type(picture.bytes), picture.media_type);
  }
  Document silent = media_document({});
  ASSERT_TRUE(add_key_frames(bytes, rules, {}, [](double) {}, silent).ok());
  ASSERT_EQ(silent.elements.size(), 5u);
  EXPECT_EQ(silent.elements[1].text, "Key frames");
  EXPECT_TRUE(silent.pictures.empty()) << "nobody asked for them";
  Document sound_only;
  ASSERT_TRUE(add_key_frames(bytes, rules, {}, [](double) {}, sound_only).ok());
  EXPECT_TRUE(sound_only.elements.empty());
}

TEST_F(Film, WordsOnThePictureAreRead) {
  if (!open_tesseract("eng").ok()) GTEST_SKIP() << "no tesseract";
  const auto page = draw_pdf_page(content(kGolden + "extract/formulas.pdf"), 1, 1000, {});
  ASSERT_TRUE(page.ok()) << page.status().message();
  const auto drawn = decode_colour(page->png, {});
  ASSERT_TRUE(drawn.ok());
  MadeFilm film{.codec = "mpeg4", .frames = 30, .draw = [&](int) {
                  return DrawnFrame{1000, 700, {drawn->pixels.begin(), drawn->pixels.begin() + 1000 * 700 * 3}};
                }};
  Document document = media_document({});
  ASSERT_TRUE(
      add_key_frames(made("mp4", film), {.seconds_min = 1, .seconds_max = 1}, {}, [](double) {}, document).ok());
  ASSERT_EQ(document.elements.size(), 5u);
  EXPECT_TRUE(document.elements[2].text.starts_with("[0:00:00] ")) << document.elements[2].text;
  EXPECT_GT(document.elements[2].text.size(), 60u);
  EXPECT_EQ(document.elements[3].text, "[0:00:01]") << "the same words are not said twice";
}

TEST_F(Film, ComesOutOfAWorkerUnderItsLimits) {
  WorkerPool workers;
  Context context;
  const std::string bytes = made("avi", film_of("mpeg4"));
  const auto whole = workers.parse({.media_type = "video/x-msvideo",
                                    .path = {},
                                    .bytes = bytes,
                                    .sha256 = {},
                                    .film = {.seconds_min = 1, .transcript = false}},
                                   {}, context);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  EXPECT_EQ(whole->copy().metadata.at("key_frames_ms"), "0 4000 8000");
  Limits fast;
  fast.quality = Quality::kFast;
  const auto quick =
      workers.parse({.media_type = "video/x-msvideo", .path = {}, .bytes = bytes, .sha256 = {}}, fast, context);
  ASSERT_TRUE(quick.ok());
  EXPECT_EQ(quick->copy().elements.size(), 1u) << "fast looks at nothing";
}

}  // namespace
}  // namespace millpond::extract
