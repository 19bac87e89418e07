#include "millpond/model/vector_step.h"

#include "model/embed_options.h"

namespace millpond::model {

std::optional<EmbedderOptions> embedder_of(const Step& step) {
  if (step.def->name == "embed") return embed_options(step.options);
  if (step.def->name != "chunk_late") return std::nullopt;
  EmbedderOptions options;
  options.model = step.options.text("model");
  options.precision = step.options.text("precision");
  return options;
}

}  // namespace millpond::model
