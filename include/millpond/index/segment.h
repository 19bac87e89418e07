#pragma once
// The index of one data file: words, vectors and what a hit shows, in one immutable file (docs/formats/segment.md).

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "millpond/index/vector_type.h"
#include "millpond/status.h"
#include "millpond/type_fwd.h"

namespace millpond::index {

/// A column whose words are indexed. All columns of a row count as one text; a word of a column of weight 2 counts
/// twice.
struct TextColumn {
  std::string name;
  int weight = 1;
};

struct SegmentOptions {
  std::vector<TextColumn> text;       ///< utf8 or list<utf8> columns; a null is an empty text
  std::vector<VectorColumn> vectors;  ///< up to 16; a row that is null or empty is never found by that vector
  std::vector<std::string> stored;    ///< columns that a hit shows without opening the data file
  std::string language = "english";   ///< see Analyzer
  std::string data_file;              ///< which file this is the index of; recorded, never opened
};

/// What a segment says about itself.
struct SegmentInfo {
  std::string data_file;
  std::int64_t rows = 0;  ///< row i is row i of the data file, deleted ones included
  std::string analyzer;   ///< `Analyzer::id()`
  std::string language;
  std::vector<TextColumn> text;
  std::vector<std::string> stored;
  std::vector<VectorColumn> vectors;
  std::vector<int> dimensions;  ///< of each of `vectors`; 0 if no row has one
  std::int64_t terms = 0;
  std::int64_t length = 0;      ///< words of all rows, weighted
  std::int64_t size_bytes = 0;  ///< of the file
};

/// A stored value, ready for JSON. Binary and fixed columns are strings of their bytes, timestamps microseconds.
using StoredValue = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>,
                                 std::vector<std::int64_t>>;
using StoredRow = std::vector<StoredValue>;  ///< in the order of `SegmentOptions::stored`

/// Rows that are analysed, checked and packed for a segment.
struct SegmentRows;

/// The costly part of making a segment, which many threads can do at a time: words, vectors, stored columns.
///
/// Errors:  kNotFound for a column that the batch lacks, kUnsupported for its type, kInvalidArgument when vectors
///          differ in length, hold a value that is not finite or does not fit, or are 0 where the cosine is asked for.
/// Threads: one instance a thread (it remembers the stems of words).
class SegmentRowsMaker {
 public:
  static Result<std::unique_ptr<SegmentRowsMaker>> create(const SegmentOptions& options);
  ~SegmentRowsMaker();
  Result<std::unique_ptr<SegmentRows>> make(const arrow::RecordBatch& batch);
  class Impl;

 private:
  explicit SegmentRowsMaker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes a segment. The same batches and options give the same bytes; cut otherwise, the same rows give the same
/// hits, but compress a little differently.
///
/// Units:   holds about 16 bytes for each distinct word of each row, and the compressed stored columns, until `finish`;
///          cut data files at 64–256 MB of text. Vectors go straight to the file.
/// Errors:  those of `SegmentRowsMaker`; kIoError, kResourceExhausted from the file.
/// Threads: one thread an instance.
class SegmentBuilder {
 public:
  /// Opens a file beside `path`; it gets its name in `finish`, after fsync. Nothing is left if that is never called.
  static Result<std::unique_ptr<SegmentBuilder>> create(std::string path, SegmentOptions options);
  ~SegmentBuilder();

  /// Rows in the order of the data file.
  Status add(const arrow::RecordBatch& batch);
  /// The same, of rows made with these options, perhaps by another thread.
  Status add(SegmentRows&& rows);
  std::int64_t rows() const;
  std::int64_t memory_bytes() const;
  Result<SegmentInfo> finish();

 private:
  struct Impl;
  explicit SegmentBuilder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct SegmentView;

/// An open segment, mapped into memory.
/// Threads: immutable, shared by all.
class Segment {
 public:
  enum class Check : unsigned char {
    kEverything,  ///< checksums of all sections: reads the file once
    kStructure,   ///< offsets and limits only; wrong bytes give wrong hits, never a crash
  };
  /// Errors: kNotFound; kDataCorrupt, kUnsupported (another version), each naming the file: build the segment again.
  static Result<std::shared_ptr<const Segment>> open(const std::string& path, Check check = Check::kEverything);
  ~Segment();

  const SegmentInfo& info() const;
  /// Errors: kInvalidArgument beyond the last row; kDataCorrupt.
  Result<StoredRow> stored(std::int64_t row) const;
  /// The position of a stored column in `StoredRow`; -1 if it is not stored.
  int stored_column(std::string_view name) const;

  const SegmentView& view() const { return *view_; }  ///< for the search code

 private:
  explicit Segment(std::unique_ptr<SegmentView> view);
  std::unique_ptr<SegmentView> view_;
};

}  // namespace millpond::index
