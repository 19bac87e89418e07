#include "millpond/status.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace millpond {
namespace {

struct CodeInfo {
  Code code;
  std::string_view name;
  int exit_status;
  int http_status;
};

// Exit statuses stay clear of the shell's own (126 and above) and of 1, which scripts take for "anything".
constexpr std::array kCodes = {
    CodeInfo{Code::kOk, "ok", 0, 200},
    CodeInfo{Code::kInvalidArgument, "invalid_argument", 2, 400},
    CodeInfo{Code::kNotFound, "not_found", 3, 404},
    CodeInfo{Code::kAlreadyExists, "already_exists", 4, 409},
    CodeInfo{Code::kConflict, "conflict", 5, 409},
    CodeInfo{Code::kPermissionDenied, "permission_denied", 6, 403},
    CodeInfo{Code::kUnauthenticated, "unauthenticated", 7, 401},
    CodeInfo{Code::kResourceExhausted, "resource_exhausted", 8, 507},
    CodeInfo{Code::kDeadlineExceeded, "deadline_exceeded", 9, 504},
    CodeInfo{Code::kCancelled, "cancelled", 10, 499},
    CodeInfo{Code::kDataCorrupt, "data_corrupt", 11, 500},
    CodeInfo{Code::kUnavailable, "unavailable", 12, 503},
    CodeInfo{Code::kUnsupported, "unsupported", 13, 501},
    CodeInfo{Code::kIoError, "io_error", 14, 500},
    CodeInfo{Code::kInternal, "internal", 15, 500},
};

const CodeInfo& info(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

Code code_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return Code::kNotFound;
    case EEXIST: return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS: return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG: return Code::kResourceExhausted;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR: return Code::kInvalidArgument;
    case ETIMEDOUT: return Code::kDeadlineExceeded;
    default: return Code::kIoError;
  }
}

}  // namespace

std::string_view code_name(Code code) { return info(code).name; }
int exit_status(Code code) { return info(code).exit_status; }
int http_status(Code code) { return info(code).http_status; }

std::optional<Code> code_from_name(std::string_view name) {
  for (const CodeInfo& each : kCodes) {
    if (each.name == name) return each.code;
  }
  return std::nullopt;
}

const std::string& Status::empty() {
  static const std::string text;
  return text;
}

std::string Status::to_string() const {
  if (ok()) return "ok";
  std::string text(code_name(code()));
  text += ": ";
  text += message();
  if (!hint().empty()) text += " (" + hint() + ")";
  return text;
}

Status os_error(int number, std::string_view action, std::string_view path) {
  Status status = error(code_of_errno(number), action, ": ", std::strerror(number), ": ", path);
  switch (number) {
    case ENOSPC:
    case EDQUOT: return std::move(status).hint("Free some space on that disk, then run the command again.");
    case EACCES:
    case EPERM: return std::move(status).hint("Check the owner and the mode of the file.");
    case EMFILE: return std::move(status).hint("Raise the limit on open files (ulimit -n).");
    default: return status;
  }
}

}  // namespace millpond
