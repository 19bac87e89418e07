#include "millpond/serve/router.h"

#include <gtest/gtest.h>

#include "serve/http/dispatch.h"

namespace millpond::serve {
namespace {

Router sample() {
  Router router;
  for (const char* pattern : {"/", "/a/{x}", "/a/fixed", "/a/{x}/b", "/files/{path...}"}) {
    router.add("GET", pattern, [pattern](const Request& request, Context&) -> Result<Response> {
      std::string text = pattern;
      for (const auto& [name, value] : request.parameters) text += " " + name + "=" + value;
      return Response::text(text);
    });
  }
  router.add("POST", "/a/{x}", [](const Request&, Context&) -> Result<Response> { throw std::runtime_error("oh"); });
  return router;
}

Response ask(const Router& router, std::string method, std::string path, Headers headers = {},
             const Authenticator& authenticator = {}, bool loopback_only = false) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  Context context;
  return dispatch(request, "", router, authenticator, loopback_only, context).response;
}

TEST(Router, FixedTextsWinOverNamesAndNamesTakeOneSegment) {
  const Router router = sample();
  EXPECT_EQ(ask(router, "GET", "/").body, "/");
  EXPECT_EQ(ask(router, "GET", "/a/fixed").body, "/a/fixed");
  EXPECT_EQ(ask(router, "GET", "/a/1").body, "/a/{x} x=1");
  EXPECT_EQ(ask(router, "GET", "/a/fixed/b").body, "/a/{x}/b x=fixed");
  EXPECT_EQ(ask(router, "GET", "/files/p/q.txt").body, "/files/{path...} path=p/q.txt");
  EXPECT_EQ(ask(router, "GET", "/a//b").status, 404);
  EXPECT_EQ(ask(router, "GET", "/nowhere").status, 404);
}

TEST(Router, AnEncodedSlashStaysInItsSegment) {
  const Router router = sample();
  EXPECT_EQ(ask(router, "GET", "/a/1%2F2").body, "/a/{x} x=1/2");
  EXPECT_EQ(ask(router, "GET", "/a/%").status, 400);
  EXPECT_EQ(ask(router, "GET", "/a/%00").status, 400);
}

TEST(Router, OtherMethodsAreToldWhatThereIs) {
  const Router router = sample();
  const Response wrong = ask(router, "DELETE", "/a/1");
  EXPECT_EQ(wrong.status, 405);
  const Response options = ask(router, "OPTIONS", "/a/1");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.back().second, "GET, POST, HEAD, OPTIONS");
  EXPECT_EQ(ask(router, "HEAD", "/a/1").status, 200);
}

TEST(Router, AnExceptionOfAHandlerIsAnAnswer) { EXPECT_EQ(ask(sample(), "POST", "/a/1").status, 500); }

TEST(Router, ClosedRoutesNeedAPrincipal) {
  const Authenticator nobody = [](const Request&) -> Result<Principal> {
    return error(Code::kUnauthenticated, "who is there");
  };
  const Response refused = ask(sample(), "GET", "/a/1", {}, nobody);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.back().first, "www-authenticate");
  Router router;
  router.add(
      Route{"GET", "/open", [](const Request&, Context&) -> Result<Response> { return Response::empty(); }, true});
  EXPECT_EQ(ask(router, "GET", "/open", {}, nobody).status, 204);
}

TEST(Router, WithoutAuthenticationPagesOfOtherSitesAreRefused) {
  const Router router = sample();
  const auto status = [&](Headers headers) { return ask(router, "GET", "/a/1", std::move(headers), {}, true).status; };
  EXPECT_EQ(status({{"host", "127.0.0.1:80"}}), 200);
  EXPECT_EQ(status({{"host", "localhost"}}), 200);
  EXPECT_EQ(status({{"host", "[::1]:80"}}), 200);
  EXPECT_EQ(status({{"host", "evil.example:80"}}), 403);
  EXPECT_EQ(status({{"host", "localhost:80"}, {"origin", "http://evil.example"}}), 403);
  EXPECT_EQ(status({{"host", "localhost:80"}, {"origin", "http://localhost:80"}}), 200);
}

TEST(Query, DecodesPairs) {
  const auto pairs = parse_query("a=1&b=x%20y+z&c&a=2");
  ASSERT_TRUE(pairs.ok());
  EXPECT_EQ(pairs->at("a"), "2");
  EXPECT_EQ(pairs->at("b"), "x y z");
  EXPECT_EQ(pairs->at("c"), "");
  EXPECT_FALSE(parse_query("a=%zz").ok());
}

}  // namespace
}  // namespace millpond::serve
