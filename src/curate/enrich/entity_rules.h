#pragma once
// What can be told in a text by its form alone: dates, amounts of money, addresses, versions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millpond::curate {

/// Units: bytes of the text, half-open.
struct Entity {
  std::string_view kind;
  std::uint32_t begin = 0, end = 0;
  std::string value;  ///< in one form for all ways to write it; empty if the text leaves it open
};

/// The kinds: date, doi, email, ip, money, percent, url, version.
inline constexpr std::string_view kEntityKinds[] = {"date", "doi", "email", "ip", "money", "percent", "url", "version"};

/// All of them in the order of the text, none overlapping. Values:
///   date     2024-05-17, 2024-05 without the day, --05-17 without the year; months in de, en, es, fr, it, nl, pt;
///            empty for 03/04/2024, which is April here and March there
///   money    "EUR 1200000": ISO 4217 and the amount; "$" is USD
///   percent  the number
///   email, doi   in lower case;  url  with its scheme;  ip, version  as they stand, a version without its v
/// Time linear in the text.
std::vector<Entity> find_entities(std::string_view text);

// The parts, each appending what it finds in the order of the text.
void find_urls(std::string_view text, std::vector<Entity>& found);
void find_dois(std::string_view text, std::vector<Entity>& found);
void find_dates(std::string_view text, std::vector<Entity>& found);
void find_amounts(std::string_view text, std::vector<Entity>& found);
void find_versions(std::string_view text, std::vector<Entity>& found);

/// A number at `at`, with its end and value ("1,234.50" and "1.234,50" are 1234.50); none: `end` is `at`.
struct WrittenNumber {
  std::uint32_t end = 0;
  std::string value;  ///< digits, at most one point
};
WrittenNumber read_number(std::string_view text, std::uint32_t at);

}  // namespace millpond::curate
