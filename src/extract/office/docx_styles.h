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
  /// Steps the counter of the level and returns the number as shown ("2.1", "b)"); empty for bullets.
  std::string next(std::string_view list, int level);

 private:
  static constexpr int kLevels = 9;
  struct Level {
    std::string format = "decimal", text;
    int start = 1;
    int restart_after = -1;  ///< level, from 1, whose step begins this one anew; 0 never, -1 any level above
    bool arabic = false;     ///< all numbers in its text are shown as decimal ("legal")
  };
  struct List {
    std::array<Level, kLevels> levels;
    std::string style, style_link;  ///< its levels may stand in the list that defines a style
    std::array<int, kLevels> counters{};
    std::array<bool, kLevels> started{};
    std::array<int, kLevels> start{};  ///< of an instance's override; -1 if none
  };
  struct Instance {
    std::string list;
    std::array<int, kLevels> start{};     ///< override, -1 if none
    std::map<std::size_t, Level> levels;  ///< overrides
    bool used = false;
  };
  static Level read_level(const pugi::xml_node& node);
  void resolve_style_links();

  std::map<std::string, List, std::less<>> lists_;
  std::map<std::string, Instance, std::less<>> instances_;
};

}  // namespace millpond::extract
