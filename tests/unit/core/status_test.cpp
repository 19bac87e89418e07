#include "millpond/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace millpond {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return invalid("not even: ", number).hint("Try another.");
  return number / 2;
}

Result<int> quarter(int number) {
  MP_ASSIGN(const int once, half(number));
  MP_ASSIGN(const int twice, half(once));
  return twice;
}

TEST(Status, SuccessIsEmpty) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().code(), Code::kOk);
  EXPECT_EQ(Status(Code::kOk, "ignored").message(), "");
}

TEST(Status, SaysWhereWhatAndWhatToDo) {
  const Status status = corrupt("bad page: ", 3).hint("Restore it.").at("a.pdf");
  EXPECT_EQ(status.to_string(), "data_corrupt: a.pdf: bad page: 3 (Restore it.)");
  const Status copy = status;
  EXPECT_EQ(copy.to_string(), status.to_string());
}

TEST(Status, EveryCodeHasANameAndAnExitStatus) {
  std::set<std::string_view> names;
  std::set<int> exits;
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    const Code code = static_cast<Code>(i);
    names.insert(code_name(code));
    exits.insert(exit_status(code));
    EXPECT_EQ(code_from_name(code_name(code)), code);
    EXPECT_EQ(exit_status(code) == 0, code == Code::kOk);
    if (code != Code::kOk) EXPECT_GE(http_status(code), 400);
  }
  EXPECT_EQ(names.size(), 15u);
  EXPECT_EQ(exits.size(), 15u) << "scripts tell codes apart";
  EXPECT_FALSE(code_from_name("no_such_code"));
}

TEST(Status, ErrnoBecomesTheFittingCode) {
  EXPECT_EQ(os_error(ENOENT, "cannot open", "/a").code(), Code::kNotFound);
  EXPECT_EQ(os_error(EACCES, "cannot open", "/a").code(), Code::kPermissionDenied);
  EXPECT_EQ(os_error(ENOSPC, "cannot write", "/a").code(), Code::kResourceExhausted);
  EXPECT_EQ(os_error(EIO, "cannot read", "/a").code(), Code::kIoError);
}

TEST(Result, CarriesTheFirstError) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).status().message(), "not even: 3");
  EXPECT_EQ(quarter(7).value_or(-1), -1);
}

}  // namespace
}  // namespace millpond
