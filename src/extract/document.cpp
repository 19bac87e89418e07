#include "millpond/extract/document.h"

#include <array>
#include <bit>
#include <cstring>

namespace millpond::extract {
namespace {

constexpr std::array<std::string_view, 12> kKindNames = {"title",  "paragraph", "list_item", "table",
                                                         "figure", "caption",   "footnote",  "header",
                                                         "footer", "code",      "formula",   "page_break"};
constexpr std::uint32_t kMagic = 0x3144504D;  // "MPD1", little-endian
constexpr std::size_t kElementMinBytes = 1 + 4 + 4 + 4 + 16 + 4;

template <class T>
void put(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little && std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

/// Takes values off the front of a byte range; once something is missing, all that follows is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T get() {
    T value{};
    if (rest_.size() < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  std::string text() {
    const auto size = get<std::uint32_t>();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

  bool ok() const { return ok_; }
  std::size_t left() const { return rest_.size(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string_view kind_name(ElementKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : "paragraph";
}

ElementKind kind_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<ElementKind>(i);
  }
  return ElementKind::kParagraph;
}

void encode(const Document& document, std::string& out) {
  std::size_t size_bytes = 64 + document.title.size();
  for (const Element& e : document.elements) size_bytes += kElementMinBytes + e.text.size() + e.html.size();
  out.reserve(out.size() + size_bytes);

  put(out, kMagic);
  put_text(out, document.title);
  put_text(out, document.language);
  put(out, static_cast<std::int32_t>(document.pages));
  put(out, static_cast<std::uint32_t>(document.metadata.size()));
  for (const auto& [key, value] : document.metadata) {
    put_text(out, key);
    put_text(out, value);
  }
  put(out, static_cast<std::uint32_t>(document.elements.size()));
  for (const Element& e : document.elements) {
    put(out, static_cast<std::uint8_t>(e.kind));
    put(out, static_cast<std::int32_t>(e.level));
    put_text(out, e.text);
    put(out, static_cast<std::int32_t>(e.page));
    put(out, e.box);
    put_text(out, e.html);
  }
}

Result<Document> decode(std::string_view bytes) {
  Reader in(bytes);
  if (in.get<std::uint32_t>() != kMagic) return corrupt("encoded document has a wrong signature");
  Document document;
  document.title = in.text();
  document.language = in.text();
  document.pages = in.get<std::int32_t>();
  // Counts come from outside: each is held against the bytes that are left before anything is reserved.
  const auto pairs = in.get<std::uint32_t>();
  if (pairs > in.left() / 8) return corrupt("encoded document: metadata entries past the end: ", pairs);
  for (std::uint32_t i = 0; i < pairs; ++i) {
    std::string key = in.text();
    document.metadata[std::move(key)] = in.text();
  }
  const auto count = in.get<std::uint32_t>();
  if (count > in.left() / kElementMinBytes) return corrupt("encoded document: elements past the end: ", count);
  document.elements.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Element& e = document.elements.emplace_back();
    const auto kind = in.get<std::uint8_t>();
    if (kind >= kKindNames.size()) return corrupt("encoded document: unknown element kind: ", int{kind});
    e.kind = static_cast<ElementKind>(kind);
    e.level = in.get<std::int32_t>();
    e.text = in.text();
    e.page = in.get<std::int32_t>();
    e.box = in.get<Box>();
    e.html = in.text();
  }
  if (!in.ok()) return corrupt("encoded document is cut short");
  if (in.left() != 0) return corrupt("encoded document has bytes left over: ", in.left());
  return document;
}

const Type& elements_type() {
  static const Type type = list(structure({
      {"kind", utf8()},
      {"level", int32()},
      {"text", utf8()},
      {"page", int32()},
      {"box", structure({{"x0", float32()}, {"y0", float32()}, {"x1", float32()}, {"y1", float32()}})},
      {"html", utf8()},
  }));
  return type;
}

}  // namespace millpond::extract
