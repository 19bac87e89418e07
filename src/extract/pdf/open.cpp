#include "extract/pdf/open.h"

namespace millpond::extract::pdf {
namespace {

Status load_error(unsigned long number) {
  switch (number) {
    case kErrorPassword: return unsupported("encrypted").hint("Save a copy without a password.");
    case kErrorSecurity: return unsupported("encrypted in a way that is not covered");
    default: return invalid("not a PDF, or broken beyond repair");
  }
}

}  // namespace

std::mutex& pdfium_turn() {
  static std::mutex one_at_a_time;  // PDFium's rule, for the whole process
  return one_at_a_time;
}

Result<Owned<DocumentHandle>> open_document(const Pdfium& api, std::string_view bytes) {
  // Printers and mail gateways put bytes before the header; readers accept it within the first kilobyte.
  if (bytes.substr(0, 1024 + 5).find("%PDF-") == bytes.npos) return invalid("not a PDF: it does not start with %PDF-");
  Owned<DocumentHandle> handle(api._LoadMemDocument64(bytes.data(), bytes.size(), nullptr), Close{&api});
  if (!handle) return load_error(api._GetLastError());
  return handle;
}

}  // namespace millpond::extract::pdf
