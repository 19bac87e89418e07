#pragma once
// Where rows go: a table, a file set, a topic.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "millpond/context.h"
#include "millpond/options.h"
#include "millpond/schema.h"
#include "millpond/type_fwd.h"

namespace millpond {

/// Takes batches in order. Nothing is visible before `commit` returns; a sink destroyed before it leaves nothing
/// behind.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status write(const Batch& batch, Context& context) = 0;
  virtual Status commit(Context& context) = 0;
};

struct SinkDef {
  std::string_view name, summary;
  std::vector<Option> options;
  std::function<Result<std::unique_ptr<Sink>>(const Options&, const ArrowSchema&)> make;
};

}  // namespace millpond

#define MILLPOND_SINK(name)                                  \
  extern "C" const ::millpond::SinkDef millpond_sink_##name; \
  const ::millpond::SinkDef millpond_sink_##name
