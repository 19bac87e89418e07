#pragma once
// Opens a PDF that is in memory.

#include <mutex>
#include <string_view>

#include "extract/pdf/pdfium_api.h"

namespace millpond::extract::pdf {

/// PDFium serves one thread at a time: whoever calls it holds this.
std::mutex& pdfium_turn();

/// `bytes` must outlive the document. Errors: kInvalidArgument (no PDF, broken), kUnsupported (encrypted).
Result<Owned<DocumentHandle>> open_document(const Pdfium& api, std::string_view bytes);

}  // namespace millpond::extract::pdf
