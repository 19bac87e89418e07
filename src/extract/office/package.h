#pragma once
// The zip container of Office Open XML, OpenDocument and EPUB, read from memory and under limits.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/extract/document.h"
#include "millpond/status.h"

struct zip;

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace millpond::extract {

/// Lifetime: the bytes outlive the package.
class Package {
 public:
  /// Errors: kInvalidArgument (no zip), kUnsupported (an encrypted or pre-2007 file), kResourceExhausted (larger than
  /// `limits.input_bytes`).
  static Result<Package> open(std::string_view bytes, const Limits& limits);

  bool has(const std::string& name) const;
  std::vector<std::string> names() const;  ///< of all members, in the order of the directory
  /// Expands one member. Errors: kNotFound; kUnsupported (encrypted); kDataCorrupt;
  /// kResourceExhausted when it expands beyond `limits.expansion_ratio`.
  Result<std::string> read(const std::string& name);
  /// Reads and parses one member; `text` keeps the bytes that the document points into.
  Status parse(const std::string& name, std::string& text, pugi::xml_document& xml);
  /// The target of the first relationship of `part` whose type ends with `type` ("/styles"); empty if there is none.
  std::string related(const std::string& part, std::string_view type);

  /// What a part refers to, in its own order; external targets are left out.
  struct Relation {
    std::string id, type, target;
  };
  std::vector<Relation> relations(const std::string& part);
  /// The external ones, each with its address as it is written.
  std::vector<Relation> external_relations(const std::string& part);

 private:
  std::vector<Relation> relations(const std::string& part, bool external);
  struct Close {
    void operator()(zip* archive) const;
  };
  Package(std::unique_ptr<zip, Close> archive, std::int64_t expanded_max)
      : archive_(std::move(archive)), expanded_left_(expanded_max) {}

  std::unique_ptr<zip, Close> archive_;
  std::int64_t expanded_left_;  // bytes, over all members
};

/// The name of a node without its prefix. Producers choose prefixes freely.
std::string_view local_name(const pugi::xml_node& node);
/// The child with this local name; an empty node if there is none.
pugi::xml_node child_of(const pugi::xml_node& node, std::string_view name);
/// The value of the attribute with this local name; empty if there is none.
std::string_view attribute_of(const pugi::xml_node& node, std::string_view name);

}  // namespace millpond::extract
