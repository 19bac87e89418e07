// Values parted by commas, semicolons, bars or tabs.

#include <algorithm>
#include <set>

#include "extract/document_builder.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/data.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kColumnsMax = 20'000;
constexpr std::size_t kSampleRows = 50;

using Row = std::vector<std::string>;

/// Takes rows off the front of a text.
class Rows {
 public:
  Rows(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  /// False at the end. Empty lines are skipped.
  bool next(Row& row) {
    while (!rest_.empty() && (rest_[0] == '\n' || rest_[0] == '\r')) rest_.remove_prefix(1);
    row.clear();
    if (rest_.empty()) return false;
    bool more = true;
    while (more) {
      std::string& field = row.emplace_back();
      more = this->field(field);
    }
    return true;
  }

 private:
  /// Returns whether another field follows on the row.
  bool field(std::string& out) {
    const std::size_t begin = std::min(rest_.find_first_not_of(' '), rest_.size());
    if (begin < rest_.size() && rest_[begin] == '"') {
      if (const std::size_t close = closing_quote(begin + 1); close != rest_.npos) {
        for (std::size_t i = begin + 1; i < close; ++i) {
          out += rest_[i];
          if (rest_[i] == '"') ++i;  // doubled
        }
        rest_.remove_prefix(close + 1);
      }
    }
    const char stops[] = {separator_, '\n', '\r'};
    const std::size_t end = std::min(rest_.find_first_of(std::string_view(stops, 3)), rest_.size());
    out += rest_.substr(0, end);
    const bool more = end < rest_.size() && rest_[end] == separator_;
    rest_.remove_prefix(std::min(rest_.size(), end + 1));
    return more;
  }

  std::size_t closing_quote(std::size_t at) const {
    for (at = rest_.find('"', at); at != rest_.npos; at = rest_.find('"', at)) {
      if (at + 1 >= rest_.size() || rest_[at + 1] != '"') break;
      at += 2;
    }
    if (at == rest_.npos) return at;
    // What follows must end the field, or the quote was one of the text.
    const std::size_t next = rest_.find_first_not_of(' ', at + 1);
    const bool ends = next == rest_.npos || rest_[next] == separator_ || rest_[next] == '\n' || rest_[next] == '\r';
    return ends ? at : rest_.npos;
  }

  std::string_view rest_;
  const char separator_;
};

/// The separator under which most rows of a sample have the same number of fields, more than one.
char separator_of(std::string_view text) {
  char best = ',';
  std::size_t best_score = 0;
  for (const char each : {',', ';', '\t', '|'}) {
    Rows rows(text.substr(0, 256 << 10), each);
    Row row;
    std::vector<std::size_t> counts;
    while (counts.size() < kSampleRows && rows.next(row)) counts.push_back(row.size());
    std::sort(counts.begin(), counts.end());
    const std::size_t usual = counts.empty() ? 0 : counts[counts.size() / 2];
    const auto same = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), usual));
    if (usual < 2) continue;
    const std::size_t score = same * 1000 / counts.size() * 100 + std::min<std::size_t>(usual, 99);
    if (score > best_score) best = each, best_score = score;
  }
  return best;
}

bool is_number(std::string_view text) {
  const std::size_t digits =
      static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
  return digits > 0 && text.find_first_not_of("0123456789.,+-eE%$ /:") == text.npos;
}

bool is_header(const Row& row) {
  std::set<std::string_view> seen;
  return std::all_of(row.begin(), row.end(), [&](const std::string& field) {
    return !field.empty() && !is_number(field) && field.size() < 200 && seen.insert(field).second;
  });
}

Result<Document> parse_delimited(std::string_view bytes, const Limits& limits, char separator) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  std::string_view text = source.text;
  if (text.starts_with("sep=") && text.size() > 5 && (text[5] == '\n' || text[5] == '\r')) {  // as Excel writes it
    separator = text[4];
    text.remove_prefix(5);
  }
  Rows rows(text, separator == '\0' ? separator_of(text) : separator);
  DocumentBuilder out(limits);
  TableGrid grid;
  Row row;
  std::int64_t size_bytes = 0;
  while (rows.next(row)) {
    if (row.size() > kColumnsMax) return exhausted("more columns than the limit of ", kColumnsMax, ": ", row.size());
    const bool head = grid.rows == 0 && is_header(row);
    int column = 0;
    for (std::string& field : row) {
      size_bytes += static_cast<std::int64_t>(field.size()) + 10;
      if (size_bytes > limits.output_bytes) break;
      grid.cells.push_back({std::move(field), grid.rows, column++, 1, 1, head});
    }
    if (size_bytes > limits.output_bytes) return exhausted("the table passes output_bytes: ", limits.output_bytes);
    grid.columns = std::max(grid.columns, column);
    ++grid.rows;
  }
  if (std::int64_t{grid.rows} * grid.columns > limits.output_bytes) {
    return exhausted("rows of very different length: ", grid.rows, " rows, ", grid.columns, " columns");
  }
  out.metadata("rows", std::to_string(grid.rows - (!grid.cells.empty() && grid.cells[0].head ? 1 : 0)));
  out.metadata("columns", std::to_string(grid.columns));
  out.table(std::move(grid));
  return out.finish();
}

}  // namespace

Result<Document> parse_csv(std::string_view bytes, const Limits& limits) { return parse_delimited(bytes, limits, 0); }
Result<Document> parse_tsv(std::string_view bytes, const Limits& limits) {
  return parse_delimited(bytes, limits, '\t');
}

}  // namespace millpond::extract
