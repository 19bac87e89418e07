#pragma once
// Which handler answers which request.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/serve/message.h"

namespace millpond::serve {

/// Runs on the worker pool, so it may block. Any number run at the same time.
using Handler = std::function<Result<Response>(const Request&, Context&)>;

struct Route {
  std::string method, pattern;
  Handler handler;
  /// Answered without a token. Everything else needs one, unless the server runs without authentication.
  bool open = false;
  /// A `+` in the path is a space: some catalog clients encode paths like forms.
  bool plus_is_space = false;
  /// Whether the handler keeps a core busy and waits for nobody: such requests are answered in the order in which they
  /// came, as many at once as there are cores. Asked for each request, by threads that must not wait.
  std::function<bool()> busy;
  /// How an error of the handler, or of authentication, becomes a response; by default `error_response`.
  std::function<Response(const Status&)> on_error;
};

/// Routes by method and path pattern: "/iceberg/v1/namespaces/{namespace}/tables/{table}".
///
/// Shape:   a pattern's segment is a fixed text or `{name}`, which takes one whole segment; a last `{name...}` takes
/// the
///          rest of the path. Fixed texts win over names. Segments are compared and split before they are
///          percent-decoded, so an encoded slash stays inside of its segment.
/// Errors:  of `find`: kNotFound, kUnsupported if the path has routes, but none for this method (`allowed`),
///          kInvalidArgument for bad encoding.
/// Threads: `add` before the server starts; `find` from any thread.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void add(Route route);
  void add(std::string method, std::string pattern, Handler handler) {
    add(Route{std::move(method), std::move(pattern), std::move(handler)});
  }
  /// HEAD is answered by the route of GET if it has none of its own. Fills the request's parameters.
  Result<const Route*> find(Request& request) const;
  /// The same, but looks only: null if there is none.
  const Route* peek(std::string_view method, std::string_view path) const;
  /// Methods that the path has, for `Allow`.
  std::vector<std::string> allowed(std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

/// "%41" -> "A". Errors: kInvalidArgument for a cut or non-hexadecimal escape, or an encoded NUL.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);
/// "a=1&b=x%20y" -> pairs. Errors: as `percent_decode`; kResourceExhausted above 200 parameters.
Result<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view text);

}  // namespace millpond::serve
