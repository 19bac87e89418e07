#include "pond/decimal_bytes.h"

#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include <string>

#include "pond/iceberg_schema.h"
#include "pond/partition.h"

namespace millpond::pond {
namespace {

std::string of(const std::string& digits) {
  const auto bytes = arrow::Decimal128::FromString(digits)->ToBytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(DecimalBytes, AreAsFewAsHoldTheValue) {
  EXPECT_EQ(decimal_bytes(of("0")), std::string(1, '\0'));
  EXPECT_EQ(decimal_bytes(of("127")), "\x7f");
  EXPECT_EQ(decimal_bytes(of("128")), std::string("\0\x80", 2));
  EXPECT_EQ(decimal_bytes(of("-128")), "\x80");
  EXPECT_EQ(decimal_bytes(of("-129")), "\xff\x7f");
  EXPECT_EQ(decimal_bytes(of("-1"), 4), "\xff\xff\xff\xff");
}

TEST(DecimalBytes, ComeBackAsTheyWere) {
  for (const char* digits : {"0", "-1", "255", "-256", "99999999999999999999999999999999999999",
                             "-99999999999999999999999999999999999999", "1420"}) {
    EXPECT_EQ(arrow_decimal(decimal_bytes(of(digits))), of(digits)) << digits;
    EXPECT_EQ(arrow_decimal(decimal_bytes(of(digits), 16)), of(digits)) << digits;
  }
  EXPECT_FALSE(arrow_decimal(""));
  EXPECT_FALSE(arrow_decimal(std::string(17, 'x')));
}

TEST(DecimalBytes, EveryValueOfSoManyDigitsFitsIntoTheirWidth) {
  for (int digits = 1; digits <= 38; ++digits) {
    const auto width = static_cast<std::size_t>(decimal_width(digits));
    EXPECT_LE(decimal_bytes(of(std::string(static_cast<std::size_t>(digits), '9'))).size(), width) << digits;
    EXPECT_LE(decimal_bytes(of("-" + std::string(static_cast<std::size_t>(digits), '9'))).size(), width) << digits;
    EXPECT_TRUE(digits == 1 || decimal_bytes(of(std::string(static_cast<std::size_t>(digits), '9'))).size() == width);
  }
}

TEST(DecimalBytes, HaveTheOrderOfTheValues) {
  EXPECT_TRUE(decimal_less(of("-2"), of("-1")));
  EXPECT_TRUE(decimal_less(of("-1"), of("0")));
  EXPECT_TRUE(decimal_less(of("255"), of("256")));
  EXPECT_FALSE(decimal_less(of("5"), of("5")));
}

// The values of the Iceberg spec, appendix B and "Truncate Transform Details".
TEST(DecimalBytes, AreHashedAndTruncatedAsTheSpecSays) {
  EXPECT_EQ(murmur3(decimal_bytes(of("1420"))), -500754589);
  EXPECT_EQ(truncated_decimal(of("1065"), 50), of("1050"));
  EXPECT_EQ(truncated_decimal(of("-1"), 50), of("-50"));
  EXPECT_EQ(decimal_text(of("-1420"), 2), "-14.20");
}

TEST(DecimalNames, AreReadAndRefused) {
  EXPECT_EQ(decimal_of("decimal(9, 2)")->precision, 9);
  EXPECT_EQ(decimal_of("decimal(38,10)")->scale, 10);
  for (const char* name : {"decimal", "decimal()", "decimal(9)", "decimal(39, 0)", "decimal(5, 6)", "decimal(0, 0)",
                           "decimal(9, 2", "decimal(9, 2x)", "decimals(9, 2)", "decimal(9, -1)"}) {
    EXPECT_FALSE(decimal_of(name)) << name;
  }
}

}  // namespace
}  // namespace millpond::pond
