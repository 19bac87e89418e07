// Our reader of Tesseract's networks, against Tesseract itself and against its own scalar code.
#include <dlfcn.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "extract/ocr/leptonica.h"
#include "extract/ocr/lstm/kernels.h"
#include "extract/ocr/lstm/line_reader.h"
#include "extract/ocr/ocr.h"
#include "millpond/extract/page_image.h"
#include "pdf_maker.h"
#include "text_show.h"

namespace millpond::extract {
namespace {

bool installed() { return ::dlopen("libtesseract.so.5", RTLD_NOW | RTLD_LOCAL) != nullptr; }

/// Pages of other sizes, with capitals, digits, marks, wide gaps.
GrayImage page(int width) {
  PdfMaker pdf;
  pdf.page().text(72, 740, "7 Periods of Notice", 22, PdfMaker::kBold);
  pdf.lines(72, 700,
            {"The notice period is three months to the end of a quarter for both parties to",
             "the contract, and it "
             "starts on the day on which the letter arrives (see 4.2).",
             "An Office \"abroad\" pays $1,250.75 or 80% of "
             "it; write to the office by hand, or",
             "to the address that is given above before 17:30 o'clock."},
            11, PdfMaker::kPlain, 15);
  pdf.text(72, 600, "Quarter", 11, PdfMaker::kBold).text(300, 600, "Days", 11, PdfMaker::kBold);
  pdf.text(72, 580, "January to March", 11, PdfMaker::kPlain).text(300, 580, "90", 11, PdfMaker::kPlain);
  pdf.text(72, 560, "April to June", 11, PdfMaker::kPlain).text(300, 560, "91", 11, PdfMaker::kPlain);
  pdf.lines(72, 520,
            {"Small print: neither party may assign its rights without the consent of the other party,",
             "which shall not be withheld without good reason; all changes must be made in writing."},
            8, PdfMaker::kPlain, 11);
  const auto drawn = draw_pdf_page(pdf.finish(), 1, width, {});
  EXPECT_TRUE(drawn.ok());
  const auto images = decode_image(drawn->png, {});
  EXPECT_TRUE(images.ok());
  return (*images)[0].image;
}

std::string text_of(const std::vector<OcrWord>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += words[i].line == words[i - 1].line ? ' ' : '\n';
    text += words[i].text;
  }
  return text;
}

TEST(LineReader, ReadsWhatTesseractReads) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  const auto own = open_tesseract("eng"), whole = open_tesseract("eng", LinesBy::kTesseract);
  ASSERT_TRUE(own.ok() && whole.ok());
  EXPECT_NE((*own)->name().find("own line reader"), std::string::npos) << (*own)->name();
  EXPECT_EQ((*whole)->name().find("own line reader"), std::string::npos);
  for (const int width : {1275, 1700, 2550}) {
    const GrayImage image = page(width);
    const int dpi = width * 72 / 612;
    const auto ours = (*own)->read(image, dpi), theirs = (*whole)->read(image, dpi);
    ASSERT_TRUE(ours.ok() && theirs.ok());
    EXPECT_EQ(text_of(*ours), text_of(*theirs)) << dpi << " dots an inch";
    ASSERT_EQ(ours->size(), theirs->size());
    for (std::size_t i = 0; i < ours->size(); ++i) {
      const OcrWord &a = (*ours)[i], &b = (*theirs)[i];
      EXPECT_NEAR(a.x0, b.x0, dpi / 20) << a.text;
      EXPECT_NEAR(a.x1, b.x1, dpi / 20) << a.text;
      EXPECT_NEAR(a.y0, b.y0, dpi / 20) << a.text;
      EXPECT_NEAR(a.y1, b.y1, dpi / 15) << a.text;  // its boxes of some words are those of the line
      EXPECT_NEAR(a.confidence, b.confidence, 15) << a.text;
    }
  }
}

TEST(LineReader, LightPrintOnDarkIsRead) {
  if (!installed()) GTEST_SKIP() << "needs tesseract-ocr";
  GrayImage image = page(1700);
  const auto own = open_tesseract("eng");
  ASSERT_TRUE(own.ok());
  const auto dark = (*own)->read(image, 200);
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
  const auto light = (*own)->read(image, 200);
  ASSERT_TRUE(dark.ok() && light.ok());
  EXPECT_EQ(text_of(*light), text_of(*dark));
}

lstm::Weights random_weights(std::mt19937& random, int outputs, int inputs) {
  lstm::Weights out{outputs, inputs, {}, {}, {}};
  std::uniform_int_distribution<int> byte(-127, 127);
  for (int i = 0; i < outputs * inputs; ++i) out.values.push_back(static_cast<std::int8_t>(byte(random)));
  for (int i = 0; i < outputs; ++i) {
    out.bias.push_back(static_cast<std::int8_t>(byte(random)));
    out.scales.push_back(1e-5F * static_cast<float>(1 + i));
  }
  return out;
}

TEST(LineKernels, AllGiveTheSame) {
  std::mt19937 random(7);
  const auto kernels = lstm::lstm_kernels();
  for (const auto& [outputs, inputs] : {std::pair(16, 9), std::pair(48, 64), std::pair(111, 192), std::pair(33, 50)}) {
    const std::vector<lstm::Weights> parts = {random_weights(random, outputs, inputs),
                                              random_weights(random, outputs, inputs)};
    const lstm::Packed packed = lstm::pack(parts);
    std::vector<std::int8_t> bytes(lstm::kVectorsMax * packed.input_bytes());
    std::uniform_int_distribution<int> byte(-127, 127);
    for (std::int8_t& value : bytes) value = static_cast<std::int8_t>(byte(random));
    std::vector<const std::int8_t*> vectors;
    for (std::size_t v = 0; v < lstm::kVectorsMax; ++v) vectors.push_back(bytes.data() + v * packed.input_bytes());
    std::vector<float> expected;
    for (const lstm::Kernels* kernel : kernels) {
      for (std::size_t count = 1; count <= lstm::kVectorsMax; ++count) {
        std::vector<float> sums(lstm::kVectorsMax * packed.output_numbers());
        std::vector<float*> to;
        for (std::size_t v = 0; v < count; ++v) to.push_back(sums.data() + v * packed.output_numbers());
        kernel->multiply(packed, vectors.data(), count, to.data());
        if (kernel == kernels[0] && count == lstm::kVectorsMax) expected = sums;
        if (kernel == kernels[0]) continue;
        sums.resize(count * packed.output_numbers());
        EXPECT_TRUE(std::equal(sums.begin(), sums.end(), expected.begin())) << kernel->name << ' ' << count;
      }
    }
  }
  std::uniform_real_distribution<float> value(-12, 12);
  std::vector<float> gates(4 * 48), first_state(48), numbers(64);
  for (auto* list : {&gates, &first_state, &numbers}) {
    for (float& each : *list) each = value(random);
  }
  std::vector<float> state_expected;
  std::vector<std::int8_t> output_expected(48), tanh_expected(64);
  for (const lstm::Kernels* kernel : kernels) {
    std::vector<float> state = first_state;
    std::vector<std::int8_t> output(48), bytes(64);
    kernel->step(gates.data(), 48, state.data(), output.data());
    kernel->tanh_bytes(numbers.data(), 64, bytes.data());
    if (kernel == kernels[0]) state_expected = state, output_expected = output, tanh_expected = bytes;
    for (std::size_t i = 0; i < 48; ++i) {
      EXPECT_NEAR(state[i], state_expected[i], 1e-4) << kernel->name;
      EXPECT_NEAR(output[i], output_expected[i], 1) << kernel->name;
    }
    for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(bytes[i], tanh_expected[i], 1) << kernel->name;
  }
}

std::string language_file() {
  for (const char* folder : {"/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata"}) {
    std::ifstream in(std::string(folder) + "/eng.traineddata", std::ios::binary);
    if (in) return {std::istreambuf_iterator<char>(in), {}};
  }
  return {};
}

TEST(LineReader, BrokenLanguageFilesAreRefused) {
  const std::string whole = language_file();
  if (whole.empty()) GTEST_SKIP() << "needs tesseract-ocr";
  const auto parts = lstm::split_language_file(whole);
  ASSERT_TRUE(parts.ok());
  const auto network = lstm::read_network(parts->network);
  ASSERT_TRUE(network.ok()) << network.status().message();
  EXPECT_EQ(network->height, 36);
  ASSERT_TRUE(lstm::read_letters(parts->letters, parts->codes, network->layers.back().outputs).ok());
  ASSERT_TRUE(lstm::Dictionary::read(*parts).ok());
  for (std::size_t size = 0; size < parts->network.size(); size += 1 + size / 8) {
    EXPECT_FALSE(lstm::read_network(parts->network.substr(0, size)).ok()) << size;
  }
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {  // any byte may be wrong: refused or read, never read beyond
    std::string wrong(parts->network);
    for (int j = 0; j < 3; ++j) wrong[random() % (i < 100 ? 400 : wrong.size())] = static_cast<char>(random());
    const auto read = lstm::read_network(wrong);
    if (read.ok()) {
      lstm::LinePixels line{30, read->height, std::vector<std::int8_t>(30 * static_cast<std::size_t>(read->height))};
      if (read->layers.size() == network->layers.size()) lstm::Runner(*read).run({&line, 1});
    }
  }
  std::string cut = whole.substr(0, 150);
  EXPECT_FALSE(lstm::split_language_file(cut).ok());
  EXPECT_FALSE(lstm::WordGraph::read(parts->words.substr(0, 1000)).ok());
}

TEST(LineReader, KnowsWords) {
  const std::string whole = language_file();
  if (whole.empty()) GTEST_SKIP() << "needs tesseract-ocr";
  const auto parts = lstm::split_language_file(whole);
  ASSERT_TRUE(parts.ok());
  const auto network = lstm::read_network(parts->network);
  const auto letters = lstm::read_letters(parts->letters, parts->codes, network->layers.back().outputs);
  const auto dictionary = lstm::Dictionary::read(*parts);
  ASSERT_TRUE(letters.ok() && dictionary.ok());
  const auto knows = [&](std::string_view word) {
    std::vector<lstm::WordPlace> places(dictionary->start().begin(), dictionary->start().end());
    bool may_end = false;
    for (const char c : word) {
      std::uint32_t letter = 0;
      for (std::uint32_t i = 1; i < letters->letters.size(); ++i) {
        if (letters->letters[i].text == std::string(1, c)) letter = i;
      }
      std::vector<lstm::WordPlace> next;
      const bool digit = letters->letters[letter].digit;
      if (dictionary->advance(places, letter, digit, next, may_end) == lstm::WordKind::kNone) return false;
      places = next;
    }
    return may_end;
  };
  for (const char* word : {"house", "(house)", "Berlin,", "1,250.75", "\"notice\""}) EXPECT_TRUE(knows(word)) << word;
  for (const char* word : {"houze", "houzs", "qwxz", "no)tice"}) EXPECT_FALSE(knows(word)) << word;
}

}  // namespace
}  // namespace millpond::extract
