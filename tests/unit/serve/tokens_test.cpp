#include "millpond/serve/tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace millpond::serve {
namespace {

struct Folder {
  Folder() {
    std::string made = (std::filesystem::temp_directory_path() / "tokens-XXXXXX").string();
    path = ::mkdtemp(made.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

TEST(Tokens, OnlyAHashIsKeptAndOnlyTheWholeTokenIsTaken) {
  const Folder folder;
  const std::string path = folder.path + "/tokens.json";
  TokenStore tokens(path);
  const auto token = tokens.create("laptop", {{Right::kRead, "main.*"}}, {});
  ASSERT_TRUE(token.ok()) << token.status().to_string();
  const std::string secret = token->substr(token->rfind('_') + 1);
  EXPECT_EQ(secret.size(), 64u);
  EXPECT_EQ(content(path).find(secret), std::string::npos);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto who = tokens.verify(*token);
  ASSERT_TRUE(who.ok());
  EXPECT_TRUE(who->may(Right::kRead, "main.documents"));
  EXPECT_FALSE(who->may(Right::kWrite, "main.documents"));
  for (const std::string& wrong : {std::string(), std::string("mp_"), token->substr(0, token->size() - 1), *token + "0",
                                   std::string("mp_00_") + secret}) {
    EXPECT_EQ(tokens.verify(wrong).status().code(), Code::kUnauthenticated) << wrong;
  }
}

TEST(Tokens, AnotherProcessRevokes) {
  const Folder folder;
  TokenStore server(folder.path + "/tokens.json"), shell(folder.path + "/tokens.json");
  const auto token = shell.create("a", {{}}, {});
  ASSERT_TRUE(server.verify(*token).ok());
  const auto listed = shell.list();
  ASSERT_TRUE(shell.revoke(listed->front().id).ok());
  EXPECT_FALSE(server.verify(*token).ok());
  EXPECT_EQ(shell.revoke("none").code(), Code::kNotFound);
}

TEST(Tokens, ExpireByTime) {
  const Folder folder;
  TokenStore tokens(folder.path + "/tokens.json");
  EXPECT_FALSE(tokens.verify(*tokens.create("old", {{}}, 1)).ok());
}

TEST(Grants, PatternsNameLevels) {
  EXPECT_TRUE(matches_pattern("*", "a.b.c"));
  EXPECT_TRUE(matches_pattern("main.*", "main.documents"));
  EXPECT_FALSE(matches_pattern("main.*", "main.deep.documents"));
  EXPECT_TRUE(matches_pattern("main.**", "main.deep.documents"));
  EXPECT_FALSE(matches_pattern("main.*", "mainly.documents"));
  EXPECT_FALSE(matches_pattern("main", "main.documents"));
  EXPECT_FALSE(parse_grant("own:*").ok());
  EXPECT_FALSE(parse_grant("read:").ok());
  EXPECT_FALSE(parse_grant("read:a*b").ok());
  const Principal who{"x", {*parse_grant("read:lab.notes")}};
  EXPECT_TRUE(who.may_see("lab"));
  EXPECT_FALSE(who.may_see("main"));
}

}  // namespace
}  // namespace millpond::serve
