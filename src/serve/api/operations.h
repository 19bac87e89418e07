#pragma once
// What can be asked of a pond, each defined once: tools of MCP, paths of the REST API and its OpenAPI document.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/page_image.h"
#include "serve/api/json_text.h"
#include "serve/api/library.h"

namespace millpond::serve {

struct Operation {
  std::string name, title, summary;
  Json input;   ///< JSON Schema of the arguments; an object without other members
  Json output;  ///< JSON Schema of the result
  std::function<Result<Json>(Library&, const Json& arguments, const Principal&, Context&)> run;
  std::function<std::string(const Json& result)> text;  ///< for a model, or a person
  /// Where it is given: the same as `dump(run(...))`, in less time.
  std::function<Result<std::string>(Library&, const Json& arguments, const Principal&, Context&)> dumped = {};
};

/// search, ask, show, list, sql. They only read.
std::vector<Operation> operations();

/// Checks the arguments and fills in defaults, then runs. Errors: kInvalidArgument; those of the operation.
Result<Json> run(const Operation& operation, Library& library, Json arguments, const Principal& principal,
                 Context& context);

/// The same as text.
Result<std::string> run_dumped(const Operation& operation, Library& library, Json arguments, const Principal& principal,
                               Context& context);

/// A document's row with its elements as Markdown in `text`; with `elements` also one by one, with page and box.
/// Errors: kNotFound; kPermissionDenied.
Result<Json> read_document(Library& library, const std::string& id, bool elements, const Principal& principal);
/// A page (from 1) of a document's file, as long as the file is still the one that the document was made from.
/// Errors: kNotFound; kPermissionDenied; kUnsupported for files without pages to draw; kConflict for a changed file.
Result<extract::PageImage> draw_page(Library& library, const std::string& id, int page, int width_pixels,
                                     const Principal& principal, Context& context);
/// The pictures of a document: element, media_type and bytes in base64; as `ask::pictures_of` finds them.
/// Errors: kNotFound; kPermissionDenied; those of the file.
Result<Json> read_pictures(Library& library, const std::string& id, const Principal& principal);
/// So many documents from the `offset`th on, in the order of the table: id, uri, title, media_type, size_bytes.
Result<Json> list_documents(Library& library, std::int64_t offset, int limit, const Principal& principal);
/// A citation in its place, with the way back to its source; tables that may not be read are left out.
Result<Json> show_citation(Library& library, const std::string& citation, const Principal& principal);
/// Rows of one SELECT as objects, at most `limit`.
Result<Json> query_rows(Library& library, const std::string& query, int limit, const Principal& principal);

}  // namespace millpond::serve
