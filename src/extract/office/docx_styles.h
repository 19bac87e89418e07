#pragma once
// What styles.xml and numbering.xml say about paragraphs.

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pugi {
class xml_node;
}

namespace millpond::extract {

/// What a paragraph style means for the document model; inherited along `basedOn`.
struct ParagraphStyle {
  enum class Role : unsigned char { kBody, kTitle, kCaption, kCode, kContents };
  Role role = Role::kBody;
  int outline = 0;     ///< 1 … 9 for headings, 0 for text
  std::string list;    ///< id of a numbering, if the style brings one
  int list_level = 0;  ///< from 0
};

/// Threads: const methods from any thread.
class Styles {
 public:
  void read(const pugi::xml_node& root);
  const ParagraphStyle& find(std::string_view id) const;
  const ParagraphStyle& standard() const { return find(standard_id_); }
  const std::string& language() const { return language_; }

 private:
  std::map<std::string, ParagraphStyle, std::less<>> styles_;
  std::string standard_id_, language_;
  ParagraphStyle none_;
};

/// Counts numbered paragraphs as a word processor shows them.
class Numbering {
 public:
  void read(const pugi::xml_node& root);
  /// True if `list` is known and its level shows a number rather than a bullet.
  bool is_numbered(std::string_view list, int level) const;
  /// Steps the counter of the level and returns the number as shown ("2.1", "b)"); empty for bullets.
  std::string next(std::string_view list, int level);
  /// True if the shown number names the levels above, too ("2.1"): then it is part of the text.
  bool is_compound(std::string_view list, int level) const;

 private:
  static constexpr int kLevels = 9;
  struct Level {
    std::string format = "decimal", text;
    int start = 1;
  };
  struct List {
    std::array<Level, kLevels> levels;
    std::array<int, kLevels> counters{};
    std::array<bool, kLevels> started{};
  };
  struct Instance {
    std::string list;
    std::array<int, kLevels> restart{};  ///< start override, 0 if none
    bool used = false;
  };
  const List* find(std::string_view id) const;

  std::map<std::string, List, std::less<>> lists_;
  std::map<std::string, Instance, std::less<>> instances_;
};

}  // namespace millpond::extract
