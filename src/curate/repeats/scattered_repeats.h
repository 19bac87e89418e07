#pragma once
// Repeats in texts that lie in many places: what is equal meets by its hash, then hears the name of the row that has it
// first.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "curate/repeats/repeat_cutter.h"
#include "millpond/scattered.h"

namespace millpond::curate {

/// Something in a row that is in another, or before in the same one. `size`: bytes, or windows.
struct FoundRepeat {
  std::int64_t row, begin, size, first_row, first_begin;
};

/// What the scattered forms of such folds share: which pass comes next, the names of rows, the cut. A pass is known by
/// the first character of its plan; after it, the plan says how many rows there are before each piece.
///
/// Shape:   the first pass is 'r', over rows; the last but one is 'n', where what was found (see `add_found`) meets the
///          names of rows (see `add_name`) and becomes verdicts.
class ScatteredRepeats : public ScatteredSurvey {
 public:
  struct Step {
    char name;
    Pass pass;
  };
  /// `steps`: those between 'r' and 'n'.
  ScatteredRepeats(const Options& options, std::string_view plan, std::vector<Step> steps);

  Status note(const Batch& rows, RecordSink& sink, Context& context) final;
  Status work(const std::vector<Record>& records, RecordSink& sink, Context& context) final;
  Result<std::string> tally() override;
  Result<NextPass> next_pass(const std::vector<std::string>& tallies) override;
  Status verdict(std::int64_t row, std::string_view value) final;
  Result<Batch> judge(const Batch& rows, Context& context) final;

 protected:
  enum Kind : std::int32_t { kOwn, kName, kFound, kVerdict };  // what a subclass makes has kinds from kOwn + 16 on

  char step() const { return plan_.empty() ? '\0' : plan_.front(); }
  /// The row's name, if it has one, for what is found.
  virtual bool names_rows() const = 0;
  /// In a pass over rows: `asks` are the records on this row.
  virtual Status note_text(std::int64_t row, std::string_view text, const std::vector<std::string>& asks,
                           RecordSink& sink) = 0;
  /// In a pass over records before 'n': those of one place, in any order, without names and what was found, which go
  /// on.
  virtual Status work_place(std::vector<const Record*>& records, RecordSink& sink) = 0;
  /// Replaces `repeats` by what a row repeats; `found` in the order of their begins, with the sizes of `FoundRepeat`.
  virtual void cover(const std::vector<Repeat>& found, std::vector<Repeat>& repeats) = 0;

  static Status add_found(const FoundRepeat& found, RecordSink& sink);

 private:
  Status name_found(const Record* begin, const Record* end, RecordSink& sink) const;
  Result<std::string> number_name(std::int64_t row) const;
  Status find(std::int64_t row, std::vector<Repeat>& repeats);

  const std::string name_, plan_;
  const std::vector<Step> steps_;
  RepeatCutter cutter_;
  std::map<std::int64_t, std::int64_t> rows_of_, before_;  // each piece
  std::unordered_map<std::int64_t, std::vector<std::string>> given_;
  std::unordered_map<std::int64_t, std::string> names_;  // of rows that have first what the row at hand repeats
  std::vector<Repeat> found_;
};

}  // namespace millpond::curate
