#include "curate/classify/ngram_file.h"

#include <cstring>
#include <type_traits>

namespace millpond::curate {
namespace {

constexpr std::int32_t kMagic = 793712314, kVersion = 12, kVersionWithoutPieces = 11, kSupervised = 3;
constexpr std::int32_t kDimensionsMax = 1 << 16, kWordNgramsMax = 64, kCharsMax = 1 << 10;
constexpr std::int64_t kCentroids = 256;

float float_at(const char* values, std::int64_t index) {
  float value;
  std::memcpy(&value, values + index * std::int64_t{sizeof(float)}, sizeof(float));
  return value;
}

/// Takes values from the front. Once something does not fit, `fits` stays false and zeros come.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool fits() const { return fits_; }
  std::size_t left() const { return rest_.size(); }

  template <class T>
  T take() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (const char* from = take_bytes(sizeof(T)); from != nullptr) std::memcpy(&value, from, sizeof(T));
    return value;
  }
  /// Null if there are not that many.
  const char* take_bytes(std::int64_t count) {
    if (!fits_ || count < 0 || static_cast<std::uint64_t>(count) > rest_.size()) {
      fits_ = false;
      return nullptr;
    }
    const char* from = rest_.data();
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return from;
  }
  std::string_view take_text() {
    const std::size_t end = rest_.find('\0');
    if (!fits_ || end == std::string_view::npos) {
      fits_ = false;
      return {};
    }
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

Status cut_short(std::string_view part) { return corrupt("the model's file ends within ", part); }

Status read_settings(Bytes& in, NgramFile& file, const NgramModelLimits& limits) {
  const auto magic = in.take<std::int32_t>();
  const auto version = in.take<std::int32_t>();
  if (!in.fits() || magic != kMagic) {
    return corrupt("not a fastText model").hint("A .bin or .ftz file of fastText, or a model that millpond trained.");
  }
  if (version != kVersion && version != kVersionWithoutPieces) {
    return unsupported("a fastText file of version ", version).hint("Versions 11 and 12 are read.");
  }
  file.dimensions = in.take<std::int32_t>();
  in.take_bytes(4 * 4);  // context, epochs, least count, negatives
  file.word_ngrams = in.take<std::int32_t>();
  const auto loss = in.take<std::int32_t>();
  const auto kind = in.take<std::int32_t>();
  file.buckets = in.take<std::int32_t>();
  file.chars_min = in.take<std::int32_t>();
  file.chars_max = version == kVersionWithoutPieces ? (in.take<std::int32_t>(), 0) : in.take<std::int32_t>();
  in.take_bytes(4 + 8);  // updates of the rate, sampling
  if (!in.fits()) return cut_short("its settings");
  if (kind != kSupervised) {
    return unsupported("a fastText model without labels").hint("Word vectors do not classify; train a supervised one.");
  }
  if (loss < 1 || loss > 4) return corrupt("no such loss: ", loss);
  file.loss = static_cast<NgramLoss>(loss);
  if (file.dimensions < 1 || file.dimensions > kDimensionsMax) return corrupt("dimensions: ", file.dimensions);
  if (file.word_ngrams < 0 || file.word_ngrams > kWordNgramsMax) return corrupt("words a row: ", file.word_ngrams);
  if (file.chars_min < 0 || file.chars_max < 0 || file.chars_max > kCharsMax) {
    return corrupt("code points of a piece: ", file.chars_max);
  }
  if (file.buckets < 0) return corrupt("buckets: ", file.buckets);
  if (file.buckets > limits.buckets_max) return exhausted("a model with too many buckets: ", file.buckets);
  if (file.buckets == 0 && (file.chars_max > 0 || file.word_ngrams > 1)) return corrupt("n-grams without buckets");
  return {};
}

Status read_dictionary(Bytes& in, NgramFile& file) {
  constexpr std::size_t kEntryBytesMin = 1 + 8 + 1;
  const auto entries = in.take<std::int32_t>();
  const auto words = in.take<std::int32_t>();
  const auto labels = in.take<std::int32_t>();
  in.take_bytes(8);  // tokens of the training text
  const auto kept = in.take<std::int64_t>();
  if (!in.fits()) return cut_short("the head of its dictionary");
  if (words < 0 || labels < 1 || std::int64_t{words} + labels != entries ||
      static_cast<std::size_t>(entries) > in.left() / kEntryBytesMin) {
    return corrupt("words and labels do not make the dictionary: ", entries);
  }
  file.words.reserve(static_cast<std::size_t>(words));
  file.labels.reserve(static_cast<std::size_t>(labels));
  for (std::int32_t i = 0; i < entries; ++i) {
    const std::string_view text = in.take_text();
    const auto count = in.take<std::int64_t>();
    const auto is_label = in.take<std::int8_t>();
    if (!in.fits()) return cut_short("its dictionary");
    if ((is_label == 1) != (i >= words)) return corrupt("a word among the labels: ", text);
    if (is_label != 1) {
      file.words.push_back(text);
      continue;
    }
    if (count < 0 || count > std::int64_t{1} << 40) return corrupt("a label's count: ", count);
    file.labels.push_back(text);
    file.label_counts.push_back(count);
  }
  file.pruned = kept >= 0;
  if (!file.pruned) return {};
  if (static_cast<std::uint64_t>(kept) > in.left() / 8) return corrupt("rows of n-grams: ", kept);
  file.kept.reserve(static_cast<std::size_t>(kept));
  for (std::int64_t i = 0; i < kept; ++i) {
    const auto bucket = in.take<std::int32_t>();
    const auto row = in.take<std::int32_t>();
    if (bucket < 0 || bucket >= file.buckets || row < 0 || row >= kept) return corrupt("an n-gram's bucket: ", bucket);
    file.kept.emplace_back(bucket, row);
  }
  return {};
}

Status read_quantiser(Bytes& in, std::int64_t columns, std::int64_t& parts, std::int64_t& width, std::int64_t& last,
                      const char*& centroids) {
  const auto dimensions = in.take<std::int32_t>();
  parts = in.take<std::int32_t>();
  width = in.take<std::int32_t>();
  last = in.take<std::int32_t>();
  if (!in.fits() || dimensions != columns || parts < 1 || width < 1 || last < 1 || last > width ||
      (parts - 1) * width + last != columns) {
    return corrupt("a quantiser for other columns: ", dimensions);
  }
  centroids = in.take_bytes(columns * kCentroids * std::int64_t{sizeof(float)});
  return in.fits() ? Status() : cut_short("its centroids");
}

Status read_quantised(Bytes& in, StoredMatrix& matrix) {
  const bool norms = in.take<std::uint8_t>() != 0;
  matrix.rows = in.take<std::int64_t>();
  matrix.columns = in.take<std::int64_t>();
  const std::int64_t codes = in.take<std::int32_t>();
  matrix.codes = in.take_bytes(codes);
  if (!in.fits() || matrix.rows < 0) return cut_short("its codes");
  MP_TRY(read_quantiser(in, matrix.columns, matrix.parts, matrix.part_columns, matrix.last_columns, matrix.centroids));
  if (matrix.rows > codes || matrix.rows * matrix.parts != codes) return corrupt("codes for other rows: ", codes);
  if (!norms) return {};
  matrix.norm_codes = in.take_bytes(matrix.rows);
  std::int64_t parts = 0, width = 0, last = 0;
  return read_quantiser(in, 1, parts, width, last, matrix.norms);
}

Status read_matrix(Bytes& in, bool quantised, StoredMatrix& matrix) {
  if (quantised) return read_quantised(in, matrix);
  matrix.rows = in.take<std::int64_t>();
  matrix.columns = in.take<std::int64_t>();
  if (!in.fits() || matrix.rows < 0 || matrix.columns < 1 || matrix.columns > kDimensionsMax ||
      static_cast<std::uint64_t>(matrix.rows) >
          in.left() / sizeof(float) / static_cast<std::uint64_t>(matrix.columns)) {
    return corrupt("a matrix beyond the model's file, of rows: ", matrix.rows);
  }
  matrix.values = in.take_bytes(matrix.rows * matrix.columns * std::int64_t{sizeof(float)});
  return {};
}

Status check_shapes(const NgramFile& file, const NgramModelLimits& limits) {
  const std::int64_t ngram_rows = file.pruned ? static_cast<std::int64_t>(file.kept.size()) : file.buckets;
  if (file.input.columns != file.dimensions || file.output.columns != file.dimensions ||
      file.input.rows != static_cast<std::int64_t>(file.words.size()) + ngram_rows ||
      file.output.rows != static_cast<std::int64_t>(file.labels.size())) {
    return corrupt("matrices that do not fit the dictionary, of rows: ", file.input.rows);
  }
  const std::int64_t row_bytes = file.dimensions * std::int64_t{sizeof(float)};
  if ((file.input.rows + file.output.rows) * row_bytes > limits.decoded_bytes_max && file.input.values == nullptr) {
    return exhausted("a quantised model with too many rows: ", file.input.rows);
  }
  return {};
}

}  // namespace

void StoredMatrix::decode(std::int64_t row, float* out) const {
  if (values != nullptr) {
    std::memcpy(out, values + row * columns * std::int64_t{sizeof(float)},
                static_cast<std::size_t>(columns) * sizeof(float));
    return;
  }
  const float norm = norm_codes == nullptr ? 1 : float_at(norms, static_cast<std::uint8_t>(norm_codes[row]));
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t code = static_cast<std::uint8_t>(codes[row * parts + part]);
    const bool last = part == parts - 1;
    const std::int64_t width = last ? last_columns : part_columns;
    const std::int64_t from = part * kCentroids * part_columns + code * width;
    for (std::int64_t i = 0; i < width; ++i) out[part * part_columns + i] = norm * float_at(centroids, from + i);
  }
}

Result<NgramFile> read_ngram_file(std::string_view bytes, const NgramModelLimits& limits) {
  NgramFile file;
  Bytes in(bytes);
  MP_TRY(read_settings(in, file, limits));
  MP_TRY(read_dictionary(in, file));
  const bool quantised = in.take<std::uint8_t>() != 0;
  MP_TRY(read_matrix(in, quantised, file.input));
  const bool quantised_output = in.take<std::uint8_t>() != 0;
  if (!in.fits()) return cut_short("its matrices");
  MP_TRY(read_matrix(in, quantised && quantised_output, file.output));
  MP_TRY(check_shapes(file, limits));
  return file;
}

}  // namespace millpond::curate
