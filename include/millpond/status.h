#pragma once
// Errors as values. Nothing in millpond throws across a function boundary of its own;
// exceptions of other libraries are caught where they are called.

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace millpond {

/// What the caller can do about an error. Each code maps to one exit status and one HTTP status
/// (see `exit_status`, `http_status`), so scripts and clients may rely on it; wording may change.
enum class Code : unsigned char {
  kOk = 0,
  kInvalidArgument,    ///< the request or the input is wrong; change it
  kNotFound,           ///< the thing named does not exist
  kAlreadyExists,      ///< the thing to be made exists
  kConflict,           ///< somebody else committed first; try again on the new state
  kPermissionDenied,   ///< the principal or the operating system refuses
  kUnauthenticated,    ///< no or wrong credentials
  kResourceExhausted,  ///< a limit was met: memory, disk, pages, depth, expansion
  kDeadlineExceeded,   ///< a time limit was met
  kCancelled,          ///< the user or the caller stopped it
  kDataCorrupt,        ///< stored or received bytes are not what they should be
  kUnavailable,        ///< a service is not there now; trying later may help
  kUnsupported,        ///< valid, but not covered
  kIoError,            ///< the operating system failed to read or write
  kInternal,           ///< a bug in millpond
};

std::string_view code_name(Code code);  ///< snake_case, as in reports: "invalid_argument"
std::optional<Code> code_from_name(std::string_view name);
int exit_status(Code code);  ///< 0 for kOk; stable, listed in docs/errors.md
int http_status(Code code);

/// Success, or a code with a message (what was wrong, the value last) and a hint (what to do).
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) {
    if (code != Code::kOk) state_ = std::make_unique<State>(State{code, std::move(message), {}});
  }
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  Status(const Status& other) : state_(other.state_ ? std::make_unique<State>(*other.state_) : nullptr) {}
  Status& operator=(const Status& other) {
    if (this != &other) state_ = other.state_ ? std::make_unique<State>(*other.state_) : nullptr;
    return *this;
  }

  bool ok() const { return state_ == nullptr; }
  explicit operator bool() const { return ok(); }
  Code code() const { return state_ ? state_->code : Code::kOk; }
  const std::string& message() const { return state_ ? state_->message : empty(); }
  const std::string& hint() const { return state_ ? state_->hint : empty(); }

  /// Says what the user can do. Returns *this, so that it reads `return invalid(...).hint(...)`.
  Status&& hint(std::string text) && {
    if (state_) state_->hint = std::move(text);
    return std::move(*this);
  }
  /// Puts where it happened before the message: "handbook.pdf: page 3: ...".
  Status&& at(std::string_view place) && {
    if (state_) state_->message.insert(0, std::string(place) + ": ");
    return std::move(*this);
  }
  /// "invalid_argument: message (hint)".
  std::string to_string() const;

 private:
  struct State {
    Code code;
    std::string message, hint;
  };
  static const std::string& empty();
  std::unique_ptr<State> state_;  // null means success
};

template <class... Parts>
Status error(Code code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return Status(code, std::move(text).str());
}
template <class... P>
Status invalid(const P&... p) {
  return error(Code::kInvalidArgument, p...);
}
template <class... P>
Status not_found(const P&... p) {
  return error(Code::kNotFound, p...);
}
template <class... P>
Status conflict(const P&... p) {
  return error(Code::kConflict, p...);
}
template <class... P>
Status exhausted(const P&... p) {
  return error(Code::kResourceExhausted, p...);
}
template <class... P>
Status corrupt(const P&... p) {
  return error(Code::kDataCorrupt, p...);
}
template <class... P>
Status unavailable(const P&... p) {
  return error(Code::kUnavailable, p...);
}
template <class... P>
Status unsupported(const P&... p) {
  return error(Code::kUnsupported, p...);
}
template <class... P>
Status io_error(const P&... p) {
  return error(Code::kIoError, p...);
}
template <class... P>
Status internal(const P&... p) {
  return error(Code::kInternal, p...);
}
/// From `errno`: the code fits the number (ENOENT → kNotFound, EACCES → kPermissionDenied,
/// ENOSPC → kResourceExhausted …); the message ends with the path.
Status os_error(int number, std::string_view action, std::string_view path);

/// A value, or why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(Status status) : value_(std::move(status)) {}  // NOLINT: `return invalid(...)` should read plainly
  template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Status>)
  Result(U&& value) : value_(std::in_place_index<1>, std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return value_.index() == 1; }
  explicit operator bool() const { return ok(); }
  Status status() const& { return ok() ? Status() : std::get<0>(value_); }
  Status status() && { return ok() ? Status() : std::move(std::get<0>(value_)); }
  T& operator*() & { return std::get<1>(value_); }
  const T& operator*() const& { return std::get<1>(value_); }
  T&& operator*() && { return std::move(std::get<1>(value_)); }
  T* operator->() { return &std::get<1>(value_); }
  const T* operator->() const { return &std::get<1>(value_); }
  T value_or(T other) const& { return ok() ? std::get<1>(value_) : std::move(other); }

 private:
  std::variant<Status, T> value_;
};

}  // namespace millpond

#define MP_CONCAT_(a, b) a##b
#define MP_CONCAT(a, b) MP_CONCAT_(a, b)
/// Returns the error of a Status (or of a Result whose value is not needed), if there is one.
#define MP_TRY(expression)                                                                                             \
  do {                                                                                                                 \
    if (auto mp_status_ = (expression); !mp_status_.ok()) return ::millpond::detail::status_of(std::move(mp_status_)); \
  } while (false)
/// `MP_ASSIGN(auto table, pond.load(name));` returns the error, or names the value.
#define MP_ASSIGN(declaration, expression) MP_ASSIGN_(MP_CONCAT(mp_result_, __LINE__), declaration, expression)
#define MP_ASSIGN_(result, declaration, expression)    \
  auto result = (expression);                          \
  if (!result.ok()) return std::move(result).status(); \
  declaration = *std::move(result)

namespace millpond::detail {
inline Status status_of(Status&& s) { return std::move(s); }
template <class T>
Status status_of(Result<T>&& r) {
  return std::move(r).status();
}
}  // namespace millpond::detail
