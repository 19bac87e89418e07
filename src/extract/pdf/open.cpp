#include "extract/pdf/open.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::extract::pdf {
namespace {

constexpr std::size_t kPasswordsMax = 32;  // each costs a reading of the file

/// Of the environment, and not of the options: what is in those is kept in tables and shown.
std::vector<std::string> passwords() {
  std::vector<std::string> out;
  const char* const given = std::getenv("MILLPOND_PASSWORDS");
  std::string_view left = given != nullptr ? given : "";
  while (!left.empty() && out.size() < kPasswordsMax) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    if (end > 0) out.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(left.size(), end + 1));
  }
  return out;
}

Status load_error(unsigned long number) {
  switch (number) {
    case kErrorPassword:
      return unsupported(passwords().empty() ? "encrypted, and no password is given"
                                             : "encrypted, and none of the given passwords opens it")
          .hint("Put its password into the environment variable MILLPOND_PASSWORDS (several: one a line).");
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
  const unsigned long problem = handle ? 0 : api._GetLastError();
  if (problem == kErrorPassword) {
    for (const std::string& password : passwords()) {
      handle.reset(api._LoadMemDocument64(bytes.data(), bytes.size(), password.c_str()));
      if (handle) return handle;
    }
  }
  if (!handle) return load_error(problem);
  return handle;
}

}  // namespace millpond::extract::pdf
