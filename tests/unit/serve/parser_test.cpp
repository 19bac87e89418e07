#include "serve/http/parser.h"

#include <gtest/gtest.h>

namespace millpond::serve {
namespace {

constexpr const char* kGet = "GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n";

Status feed(RequestParser& parser, std::string_view text, std::size_t step) {
  for (std::size_t at = 0; at < text.size(); at += step) MP_TRY(parser.feed(text.substr(at, step)));
  return {};
}

TEST(Parser, ReadsARequestInPiecesOfAnySize) {
  const std::string text = "POST /t HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Two:  b \r\n\r\nhello";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    RequestParser parser({});
    ASSERT_TRUE(feed(parser, text, step).ok()) << step;
    ASSERT_TRUE(parser.done()) << step;
    const Request request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.body, "hello");
    EXPECT_EQ(request.header("x-two"), "b");
    EXPECT_TRUE(parser.is_fresh());
  }
}

TEST(Parser, KeepsTheNextRequestOfTheSameRead) {
  RequestParser parser({});
  ASSERT_TRUE(parser.feed(std::string(kGet) + "GET /second HTTP/1.1\r\nHost: x\r\n\r\n").ok());
  EXPECT_EQ(parser.query(), "b=1");
  EXPECT_EQ(parser.take().path, "/a");
  ASSERT_TRUE(parser.feed("").ok());
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.take().path, "/second");
}

TEST(Parser, ReadsChunksAndDropsTrailers) {
  const std::string text =
      "POST /t HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;note=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: "
      "y\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, text.size()}) {
    RequestParser parser({});
    ASSERT_TRUE(feed(parser, text, step).ok());
    ASSERT_TRUE(parser.done());
    EXPECT_EQ(parser.take().body, "abc0123456789");
  }
}

TEST(Parser, KeepAliveFollowsVersionAndHeader) {
  const auto keeps = [](std::string_view text) {
    RequestParser parser({});
    EXPECT_TRUE(parser.feed(text).ok()) << text;
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps(kGet));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

struct Refused {
  const char* text;
  int status;
};
class ParserRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ParserRefuses, WhatHasTwoReadingsOrIsTooLarge) {
  RequestParser parser({.header_bytes_max = 512, .body_bytes_max = 100, .headers_max = 5});
  EXPECT_FALSE(parser.feed(GetParam().text).ok());
  EXPECT_EQ(parser.error_status(), GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    All, ParserRefuses,
    testing::Values(Refused{"GET / HTTP/1.1\r\n\r\n", 400},                        // no host
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  //
                    Refused{"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},             //
                    Refused{"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},         //
                    Refused{"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400},             //
                    Refused{"G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},             //
                    Refused{"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},            //
                    Refused{"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400},  //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},  //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                            400},
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},                  //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", 413},                 //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},             //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n", 413},  //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400},    //
                    Refused{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},  //
                    Refused{"GET / HTTP/1.1\r\nHost: x\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\ne:1\r\n\r\n", 431},      //
                    Refused{"GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 417}));

TEST(Parser, RefusesHeadersThatNeverEnd) {
  RequestParser parser({.header_bytes_max = 512});
  EXPECT_FALSE(parser.feed("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(600, 'a')).ok());
  EXPECT_EQ(parser.error_status(), 431);
}

}  // namespace
}  // namespace millpond::serve
