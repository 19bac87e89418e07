#pragma once
// Tables that a query makes. The flow knows what a query needs and gives; who runs it stands behind this interface.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/pond/table.h"
#include "millpond/stream.h"

namespace millpond::flow {

/// What is known of a query before it runs.
struct QueryShape {
  std::vector<std::string> tables;  ///< that it reads, each once
  Schema columns;                   ///< of its rows, without identities
  /// Each row is made of one row of its only table, so that new rows alone can be computed.
  bool row_wise = false;
  std::string why_whole;  ///< why not: "it aggregates"
  std::string form;       ///< whatever decides the result; equal forms give equal rows
};

/// A checked query. Threads: any.
class Query {
 public:
  virtual ~Query() = default;
  /// Rows of one table to read; `parts` are files of it.
  struct Input {
    pond::Table table;
    std::vector<pond::FilePart> parts;
  };
  virtual const QueryShape& shape() const = 0;
  /// Shape: `_parent: fixed[16]` if row-wise (the `_row` of the row that it was made of; rows of one parent follow each
  ///        other), then `columns`. `inputs` has every table of the shape.
  virtual Result<std::unique_ptr<Stream>> run(const std::map<std::string, Input>& inputs, Context& context) const = 0;
};

/// Threads: one at a time.
class QueryEngine {
 public:
  virtual ~QueryEngine() = default;
  /// The tables that a query names. Errors: kInvalidArgument with where the text is wrong.
  virtual Result<std::vector<std::string>> tables_of(std::string_view sql) = 0;
  /// `tables` are those of the flow; others are looked up in the pond.
  /// Errors: kNotFound for a table that is in neither; kInvalidArgument for unknown columns, types that do not fit, and
  /// what would not give the same rows again.
  virtual Result<std::shared_ptr<const Query>> check(std::string_view sql,
                                                     const std::map<std::string, Schema>& tables) = 0;
};

}  // namespace millpond::flow
