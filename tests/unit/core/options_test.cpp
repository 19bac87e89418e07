#include "millpond/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millpond {
namespace {

using List = std::vector<std::string>;

std::vector<Option> declared() {
  return {{"tokens_max", 256, "A whole number."},
          {"share", 0.5, "A number."},
          {"keep", true, "A flag."},
          Option("mode", "fast", "A choice.").one_of({"fast", "exact"}),
          {"by", List{"text"}, "A list."}};
}

TEST(Options, UnsetOnesHaveTheirDefaults) {
  const Options options = *Options::resolve(declared(), {});
  EXPECT_EQ(options.integer("tokens_max"), 256);
  EXPECT_EQ(options.number("share"), 0.5);
  EXPECT_TRUE(options.flag("keep"));
  EXPECT_EQ(options.text("mode"), "fast");
  EXPECT_EQ(options.list("by"), List{"text"});
}

TEST(Options, AnUnknownNameGetsTheNearestOneAsHint) {
  const Status status = Options::resolve(declared(), {{"token_max", std::int64_t{1}}}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), "unknown option: token_max");
  EXPECT_EQ(status.hint(), "Did you mean tokens_max?");
  EXPECT_EQ(Options::resolve(declared(), {{"something", true}}).status().hint(),
            "The options are: tokens_max, share, keep, mode, by.");
  EXPECT_EQ(Options::resolve({}, {{"x", true}}).status().hint(), "It takes no options.");
}

TEST(Options, TypesAreCheckedAndOnlySafelyWidened) {
  EXPECT_EQ(Options::resolve(declared(), {{"share", std::int64_t{2}}})->number("share"), 2.0);
  EXPECT_EQ(Options::resolve(declared(), {{"by", std::string("uri")}})->list("by"), List{"uri"});
  EXPECT_EQ(Options::resolve(declared(), {{"tokens_max", 1.5}}).status().message(),
            "option tokens_max takes a whole number, not a number");
  EXPECT_FALSE(Options::resolve(declared(), {{"keep", std::string("yes")}}).ok());
}

TEST(Options, AChoiceIsOneOfThose) {
  const Status status = Options::resolve(declared(), {{"mode", std::string("slow")}}).status();
  EXPECT_EQ(status.to_string(), "invalid_argument: option mode cannot be: slow (It is one of: fast, exact.)");
}

TEST(Options, TheFolderThatAFlowPutBeforeAPathIsNotInTheCanonicalForm) {
  const std::vector<Option> declared = {{"model", "", "A folder."}};
  const auto canonical = [&](const char* path) {
    return Options::resolve(declared, {{"model", std::string(path)}})->canonical();
  };
  EXPECT_EQ(canonical("/home/pond/./models/edu"), R"({"model":"models/edu"})");
  EXPECT_EQ(canonical("/home/models/edu"), R"({"model":"/home/models/edu"})");
  EXPECT_EQ(canonical("see ./edu"), R"({"model":"see ./edu"})");
}

TEST(Options, TheCanonicalFormHasEveryOptionSorted) {
  const Options options = *Options::resolve(declared(), {{"by", List{"a\"b", "c\n"}}, {"share", 0.1}});
  EXPECT_EQ(options.canonical(), R"({"by":["a\"b","c\u000a"],"keep":true,"mode":"fast","share":0.1,"tokens_max":256})");
}

}  // namespace
}  // namespace millpond
