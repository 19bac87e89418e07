#include "curate/repeats/scattered_repeats.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <tuple>

#include "core/packed.h"

namespace millpond::curate {
namespace {

constexpr std::int64_t kInPiece = (std::int64_t{1} << kPieceShift) - 1;

}  // namespace

ScatteredRepeats::ScatteredRepeats(const Options& options, std::string_view plan, std::vector<Step> steps)
    : name_(options.text("name")), plan_(plan), steps_(std::move(steps)), cutter_(options.flag("drop")) {}

Status ScatteredRepeats::note(const Batch& rows, RecordSink& sink, Context& context) {
  const auto text_column = rows->GetColumnByName("text");
  const auto number_column = rows->GetColumnByName(std::string(kFoldPosition));
  const auto& texts = static_cast<const arrow::StringArray&>(*text_column);
  const auto& numbers = static_cast<const arrow::Int64Array&>(*number_column);
  MP_ASSIGN(const auto names, name_column(rows, name_));
  const std::vector<std::string> none;
  for (std::int64_t row = 0; row < rows->num_rows(); ++row) {
    if (row % 64 == 0) MP_TRY(context.check());
    const std::int64_t number = numbers.Value(row);
    if (step() == 'r') ++rows_of_[piece_of(number)];
    const auto given = given_.find(number);
    const bool asked = step() == 'r' || given != given_.end();
    if (asked && names && !names->IsNull(row) && names_rows()) {
      MP_TRY(sink.add({number, kName, number, 0, names->GetView(row)}));
    }
    MP_TRY(note_text(number, texts.GetView(row), given == given_.end() ? none : given->second, sink));
    if (given != given_.end()) given_.erase(given);
  }
  return {};
}

Status ScatteredRepeats::work(const std::vector<Record>& records, RecordSink& sink, Context& context) {
  if (step() == 'n') {
    PackedReader plan(std::string_view(plan_).substr(1));
    while (!plan.at_end()) {
      const auto piece = plan.number<std::int64_t>();
      before_[piece] = plan.number<std::int64_t>();
    }
    MP_TRY(plan.status());
  }
  std::vector<const Record*> own;
  for (std::size_t begin = 0, end; begin < records.size(); begin = end) {
    MP_TRY(context.check());
    for (end = begin; end < records.size() && records[end].place == records[begin].place;) ++end;
    if (step() == 'n') {
      MP_TRY(name_found(records.data() + begin, records.data() + end, sink));
      continue;
    }
    own.clear();
    for (std::size_t i = begin; i < end; ++i) {
      if (records[i].kind == kName || records[i].kind == kFound)
        MP_TRY(sink.add(records[i]));
      else
        own.push_back(&records[i]);
    }
    if (!own.empty()) MP_TRY(work_place(own, sink));
  }
  return {};
}

Result<std::string> ScatteredRepeats::tally() {
  PackedWriter tally;
  for (const auto& [piece, rows] : rows_of_) tally.number(piece).number(rows);
  return tally.take();
}

Result<NextPass> ScatteredRepeats::next_pass(const std::vector<std::string>& tallies) {
  if (plan_.empty()) return NextPass{Pass::kRows, "r"};
  std::string counts = plan_.substr(1);
  if (step() == 'r') {
    std::map<std::int64_t, std::int64_t> rows;
    for (const std::string& bytes : tallies) {
      PackedReader tally(bytes);
      while (!tally.at_end()) {
        const auto piece = tally.number<std::int64_t>();
        rows[piece] += tally.number<std::int64_t>();
      }
      MP_TRY(tally.status());
    }
    PackedWriter plan;
    std::int64_t before = 0;
    for (const auto& [piece, count] : rows) {
      plan.number(piece).number(before);
      before += count;
    }
    counts = plan.take();
  }
  if (step() == 'n') return NextPass{Pass::kJudge, "v"};
  const auto now = std::find_if(steps_.begin(), steps_.end(), [&](const Step& each) { return each.name == step(); });
  const auto next = now == steps_.end() ? steps_.begin() : now + 1;
  if (next == steps_.end()) return NextPass{Pass::kRecords, 'n' + counts};
  return NextPass{next->pass, next->name + counts};
}

Status ScatteredRepeats::add_found(const FoundRepeat& found, RecordSink& sink) {
  PackedWriter value;
  value.number(found.size).number(found.first_begin);
  return sink.add({found.first_row, kFound, found.row, found.begin, value.bytes()});
}

/// As a fold in one place names rows that have no name: by their number.
Result<std::string> ScatteredRepeats::number_name(std::int64_t row) const {
  const auto before = before_.find(piece_of(row));
  if (before == before_.end()) return internal("a row of a piece that nobody saw: ", row);
  return "#" + std::to_string(before->second + (row & kInPiece));
}

/// What was found to be first in the row of this place.
Status ScatteredRepeats::name_found(const Record* begin, const Record* end, RecordSink& sink) const {
  std::vector<FoundRepeat> found;
  const Record* named = nullptr;
  for (const Record* record = begin; record != end; ++record) {
    if (record->kind == kName) named = record;
    if (record->kind != kFound) continue;
    PackedReader value(record->value);
    const auto size = value.number<std::int64_t>(), first_begin = value.number<std::int64_t>();
    MP_TRY(value.status());
    found.push_back({record->a, record->b, size, record->place, first_begin});
  }
  if (found.empty()) return {};
  std::string name;
  if (named) {
    name = named->value;
  } else {
    MP_ASSIGN(name, number_name(begin->place));
  }
  std::sort(found.begin(), found.end(), [](const FoundRepeat& x, const FoundRepeat& y) {
    return std::tie(x.row, x.begin) < std::tie(y.row, y.begin);
  });
  for (std::size_t i = 0, next; i < found.size(); i = next) {
    FoundRepeat whole = found[i];  // with those that go on where it ends, in both texts
    for (next = i + 1; next < found.size(); ++next) {
      const FoundRepeat& other = found[next];
      const bool goes_on = other.row == whole.row && other.begin == whole.begin + whole.size &&
                           other.first_begin == whole.first_begin + whole.size;
      if (!goes_on) break;
      whole.size += other.size;
    }
    PackedWriter value;
    value.number(whole.begin).number(whole.size).number(whole.first_row).number(whole.first_begin).text(name);
    MP_TRY(sink.add({piece_of(whole.row), kVerdict, whole.row, 0, value.bytes()}));
  }
  return {};
}

Status ScatteredRepeats::verdict(std::int64_t row, std::string_view value) {
  given_[row].emplace_back(value);
  return {};
}

Status ScatteredRepeats::find(std::int64_t row, std::vector<Repeat>& repeats) {
  repeats.clear();
  names_.clear();
  found_.clear();
  const auto given = given_.find(row);
  if (given == given_.end()) return {};
  for (const std::string& value : given->second) {
    PackedReader bytes(value);
    Repeat repeat;
    repeat.begin = bytes.number<std::int64_t>();
    repeat.size = bytes.number<std::int64_t>();
    repeat.first_text = bytes.number<std::int64_t>();
    repeat.first_begin = bytes.number<std::int64_t>();
    names_.try_emplace(repeat.first_text, bytes.text());
    MP_TRY(bytes.status());
    found_.push_back(repeat);
  }
  given_.erase(given);
  std::sort(found_.begin(), found_.end(), [](const Repeat& a, const Repeat& b) { return a.begin < b.begin; });
  cover(found_, repeats);
  return {};
}

Result<Batch> ScatteredRepeats::judge(const Batch& rows, Context& context) {
  MP_TRY(context.check());
  const auto column = rows->GetColumnByName(std::string(kFoldPosition));
  const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
  return cutter_.cut(
      rows,
      [&](std::int64_t row, std::string_view, std::vector<Repeat>& repeats) {
        return find(numbers.Value(row), repeats);
      },
      [&](std::int64_t first_text, std::string& name) -> Status {
        name = names_[first_text];
        return {};
      });
}

}  // namespace millpond::curate
