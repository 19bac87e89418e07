#include "millpond/flow/flow.h"

namespace millpond::flow {

std::string_view default_flow_text() {
  return R"(# What this pond holds and how it is made. `millpond build` brings it up to date.
version: 1

sources: []
#  - files: /path/to/folder          # a file, a folder, or a pattern like docs/**/*.md
#    exclude: ["**/drafts/**"]

tables:
  documents:
    from: sources
    keep: [uri, media_type, sha256, size]
    steps:
      - extract
  chunks:
    from: documents
    keep: [uri, part, title, language]
    steps:
      - chunk: {tokens_max: 254}    # with the two markers that the model adds, its 256
      - embed: {model: minilm-l6}

indexes:
  chunks: {text: [text, heading_path], vector: embedding}
)";
}

}  // namespace millpond::flow
