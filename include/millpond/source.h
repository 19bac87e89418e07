#pragma once
// Where rows come from.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/options.h"
#include "millpond/schema.h"
#include "millpond/stream.h"

namespace millpond {

/// A part of a source that can be read on its own; `name` is stable, as runs and errors show it.
struct Split {
  std::string name;
  std::string token;  ///< private to the source
};

/// Reads rows from outside. `cursor` is what the last commit stored; an empty one means from the beginning.
class Source {
 public:
  virtual ~Source() = default;
  virtual Result<std::vector<Split>> splits(std::string_view cursor, Context& context) = 0;
  /// Errors: a source that cannot be reached at all returns an error, so that its rows are not taken for deleted.
  virtual Result<std::unique_ptr<Stream>> read(const Split& split, Context& context) = 0;
  /// Where the next build continues, once every split has been read; committed with the rows.
  virtual Result<std::string> cursor() const = 0;
};

/// Written once for each kind of source.
struct SourceDef {
  std::string_view name, summary;
  Schema schema;                      ///< of the rows that `read` yields
  std::vector<std::string> key;       ///< columns that name a row over its versions: {"uri"}
  std::vector<std::string> stamp;     ///< cheap columns that change when the content may have: {"size", "mtime"}
  bool lists_all = true;              ///< a key that is not listed any more is gone; false: rows only ever come
  std::vector<std::string> identify;  ///< operators run on new and changed rows to identify their content
  std::vector<Option> options;
  std::function<Result<std::unique_ptr<Source>>(const Options&)> make;
};

}  // namespace millpond

#define MILLPOND_SOURCE(name)                                    \
  extern "C" const ::millpond::SourceDef millpond_source_##name; \
  const ::millpond::SourceDef millpond_source_##name
