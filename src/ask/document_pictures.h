#pragma once
// The pictures of a document of the pond: from its blobs, or from the file that it was read from.

#include <cstdint>
#include <string>
#include <vector>

#include "ask/trace.h"
#include "millpond/extract/document.h"

namespace millpond::ask {

/// A picture that rows of the pond keep as a blob.
struct KeptPicture {
  int element = 0;  ///< index of the figure among the document's elements
  std::string media_type, sha256;
  std::int64_t size_bytes = 0;
};

/// The pictures of the rows that `extract_pictures` made of the same source as this row of documents; none if the flow
/// has no such table, or for a document inside a file. By element.
Result<std::vector<KeptPicture>> kept_pictures(const pond::Pond& pond, const flow::Plan& plan, const CitedRow& document,
                                               Context& context);

/// The pictures with their bytes: the kept ones, or else those of the file, if it is still the one that the document
/// was read from, read within `limits.time_ms`. Those that would pass `limits.output_bytes` together are left out.
/// Errors: of the file: kNotFound, kConflict if it has changed, those of the parser.
/// Services: WorkerPool.
Result<std::vector<extract::Picture>> pictures_of(const pond::Pond& pond, const flow::Plan& plan,
                                                  const CitedRow& document, extract::Limits limits, Context& context);

}  // namespace millpond::ask
