#pragma once
// A BERT-style sentence encoder on this machine.

#include <memory>
#include <string>

#include "millpond/model/embedder.h"

namespace millpond::model {

/// Opens the model in `options.model` (see `open_embedder`).
Result<std::shared_ptr<Embedder>> open_local_embedder(const EmbedderOptions& options, Context& context);

/// Its fingerprint, from the files alone.
Result<std::string> local_fingerprint(const EmbedderOptions& options);

}  // namespace millpond::model
