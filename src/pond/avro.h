#pragma once
// The part of Avro that Iceberg's manifests use: object container files with records, read under the schema that the
// file brings, with codecs `null` and `deflate`.
//
// Source: Apache Avro 1.11 specification, "Binary Encoding" and "Object Container Files"; Iceberg spec, appendix A.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::pond::avro {

enum class Kind : unsigned char {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kRecord,
  kArray,
  kMap,
  kUnion
};

/// A schema, as nodes that name each other by index; node 0 is the root.
struct Schema {
  struct Field {
    std::string name;
    int id = -1;  ///< Iceberg's `field-id`; -1 if the writer gave none
    int node = 0;
  };
  struct Node {
    Kind kind = Kind::kNull;
    int size_bytes = 0;         ///< of kFixed
    std::vector<Field> fields;  ///< of kRecord
    std::vector<int> children;  ///< kArray: items; kMap: values; kUnion: branches
  };
  std::vector<Node> nodes;
};
/// Errors: kDataCorrupt.
Result<Schema> parse_schema(std::string_view json);

/// Reads values from bytes that nobody vouches for. After the first error every read gives zero or nothing, and
/// `failed` is set; so callers check once, at the end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    bytes_ = {};
  }
  std::size_t remaining() const { return bytes_.size(); }

  std::int64_t number() {  ///< int and long
    if (bytes_.empty() || (bytes_.front() & 0x80) != 0) return long_number();
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return static_cast<std::int64_t>(byte >> 1) ^ -static_cast<std::int64_t>(byte & 1);
  }
  std::string_view bytes();  ///< bytes and string
  std::string_view take(std::size_t size);
  bool boolean() {
    const std::string_view b = take(1);
    return !b.empty() && b[0] != 0;
  }
  /// The branch of a union, or `node` itself if it is none; kNull fails over to `null`.
  int branch(const Schema& schema, int node);
  /// Calls `item` for every element of an array or map (a map's `item` begins with the key).
  template <class Item>
  void items(Item&& item) {
    for (std::int64_t count = next_block(); count > 0 && !failed_; count = next_block()) {
      for (std::int64_t i = 0; i < count && !failed_; ++i) item();
    }
  }
  /// How many elements of an array or map follow; 0 at its end.
  std::int64_t next_block();
  void skip(const Schema& schema, int node, int depth = 0);

  /// The bytes from where `start` stands, which was copied from this decoder, to here.
  std::string_view since(const Decoder& start) const {
    return start.bytes_.substr(0, start.bytes_.size() - bytes_.size());
  }

 private:
  std::int64_t long_number();

  std::string_view bytes_;
  bool failed_ = false;
};

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  void number(std::int64_t value);
  void bytes(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    out_.append(value);
  }
  void boolean(bool value) { out_.push_back(value ? 1 : 0); }

 private:
  std::string& out_;
};

struct File {
  Schema schema;
  std::map<std::string, std::string> metadata;
};
/// Reads a container file, calling `record` with the decoder at each record; it must consume exactly that record.
/// Errors: kDataCorrupt, kUnsupported (codec), and what `record` returns.
Result<File> read_file(std::string_view bytes, const std::function<Status(const File&, Decoder&)>& record);

/// A container file of `count` encoded records. Large bodies are deflated.
std::string write_file(std::string_view schema_json, const std::map<std::string, std::string>& metadata,
                       std::int64_t count, std::string_view records);

}  // namespace millpond::pond::avro
