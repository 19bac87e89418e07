// Thrift's compact protocol, as far as a page header needs it; other fields are skipped.

#include "pond/page_values.h"

namespace millpond::pond {
namespace {

enum Type : std::uint8_t {
  kStop,
  kTrue,
  kFalse,
  kByte,
  kI16,
  kI32,
  kI64,
  kDouble,
  kBinary,
  kList,
  kSet,
  kMap,
  kStruct
};

class Thrift {
 public:
  explicit Thrift(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (at_ >= bytes_.size()) return failed_ = true, 0;
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7FU} << shift;
      if (next < 0x80) return value;
    }
    return failed_ = true, 0;
  }
  std::int64_t whole() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  void skip(std::uint64_t count) {
    if (count > bytes_.size() - at_) {
      failed_ = true;
      return;
    }
    at_ += count;
  }

  /// Calls `on(id, type)` for each field of a struct, which must consume the value or call `skip_value`.
  template <class On>
  void fields(On&& on) {
    std::int64_t id = 0;
    while (!failed_) {
      const std::uint8_t head = byte();
      const auto type = static_cast<std::uint8_t>(head & 15);
      if (type == kStop) return;
      id = (head >> 4) != 0 ? id + (head >> 4) : whole();
      on(id, type);
    }
  }

  void skip_value(std::uint8_t type, int depth = 0) {
    constexpr int kDepthMax = 8;
    if (depth > kDepthMax) failed_ = true;
    if (failed_) return;
    switch (type) {
      case kTrue:
      case kFalse: return;
      case kByte: return skip(1);
      case kI16:
      case kI32:
      case kI64: return void(varint());
      case kDouble: return skip(8);
      case kBinary: return skip(varint());
      case kList:
      case kSet: {
        const std::uint8_t head = byte();
        const std::uint64_t count = (head >> 4) == 15 ? varint() : head >> 4;
        for (std::uint64_t i = 0; i < count && !failed_; ++i) {
          if ((head & 15) <= kFalse)
            skip(1);  // in lists a truth value takes a byte
          else
            skip_value(head & 15, depth + 1);
        }
        return;
      }
      case kStruct: return fields([&](std::int64_t, std::uint8_t inner) { skip_value(inner, depth + 1); });
      default: failed_ = true;  // maps: headers have none
    }
  }

  bool failed() const { return failed_; }
  std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// The three kinds of pages have their numbers under other ids.
struct Ids {
  std::int64_t values, encoding, level_encoding, definition_bytes, repetition_bytes, compressed;
};
constexpr Ids kData1Ids{1, 2, 3, -1, -1, -1}, kDictionaryIds{1, 2, -1, -1, -1, -1}, kData2Ids{1, 4, -1, 5, 6, 7};

void read_kind(Thrift& in, const Ids& ids, PageHeader& out) {
  in.fields([&](std::int64_t id, std::uint8_t type) {
    const auto take = [&](std::int64_t wanted, std::int32_t& into) {
      if (id != wanted || type != kI32) return false;
      into = static_cast<std::int32_t>(in.whole());
      return true;
    };
    if (id == ids.compressed && (type == kTrue || type == kFalse)) {
      out.compressed = type == kTrue;
      return;
    }
    if (take(ids.values, out.values) || take(ids.encoding, out.encoding) ||
        take(ids.level_encoding, out.level_encoding) || take(ids.definition_bytes, out.definition_bytes) ||
        take(ids.repetition_bytes, out.repetition_bytes)) {
      return;
    }
    in.skip_value(type);
  });
}

}  // namespace

Result<PageHeader> parse_page_header(std::string_view bytes) {
  using Kind = PageHeader::Kind;
  Thrift in(bytes);
  PageHeader out;
  in.fields([&](std::int64_t id, std::uint8_t type) {
    if (type == kI32 && id >= 1 && id <= 4) {
      const std::int64_t value = in.whole();
      if (id == 1 && value == 0) out.kind = Kind::kData1;
      if (id == 1 && value == 2) out.kind = Kind::kDictionary;
      if (id == 1 && value == 3) out.kind = Kind::kData2;
      if (id == 2) out.plain_bytes = static_cast<std::int32_t>(value);
      if (id == 3) out.compressed_bytes = static_cast<std::int32_t>(value);
      if (id == 4) {
        out.has_checksum = true;
        out.checksum = static_cast<std::uint32_t>(value);
      }
      return;
    }
    if (type == kStruct && id == 5 && out.kind == Kind::kData1) return read_kind(in, kData1Ids, out);
    if (type == kStruct && id == 7 && out.kind == Kind::kDictionary) return read_kind(in, kDictionaryIds, out);
    if (type == kStruct && id == 8 && out.kind == Kind::kData2) return read_kind(in, kData2Ids, out);
    in.skip_value(type);
  });
  out.size_bytes = static_cast<std::int32_t>(in.at());
  const bool sizes = out.compressed_bytes >= 0 && out.plain_bytes >= 0 && out.values >= 0 &&
                     out.definition_bytes >= 0 && out.repetition_bytes >= 0;
  if (in.failed() || !sizes) return corrupt("the header of a page is malformed");
  if (static_cast<std::size_t>(out.compressed_bytes) > bytes.size() - in.at()) return corrupt("a page ends early");
  return out;
}

}  // namespace millpond::pond
