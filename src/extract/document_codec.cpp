#include <algorithm>
#include <bit>
#include <cstring>

#include "millpond/extract/encoded_document.h"

namespace millpond::extract {
namespace {

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

constexpr auto kKindMax = static_cast<std::uint8_t>(ElementKind::kPageBreak);

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

  std::string_view text() {
    const auto size = get<std::uint32_t>();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }
  std::size_t left() const { return rest_.size(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

ElementView read_element(Reader& in, std::uint8_t& kind) {
  ElementView e;
  kind = in.get<std::uint8_t>();
  e.kind = static_cast<ElementKind>(kind);
  e.level = in.get<std::int32_t>();
  e.text = in.text();
  e.page = in.get<std::int32_t>();
  e.box = in.get<Box>();
  e.html = in.text();
  return e;
}

}  // namespace

void encode(const Document& document, std::string& out) {
  std::size_t size_bytes = 64 + document.title.size();
  for (const Picture& picture : document.pictures) size_bytes += 64 + picture.bytes.size();
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
  put(out, static_cast<std::uint32_t>(document.parts.size()));
  for (const Part& part : document.parts) {
    put_text(out, part.name);
    put_text(out, part.media_type);
    std::string inner;
    encode(part.document, inner);
    put_text(out, inner);
  }
  put(out, static_cast<std::uint32_t>(document.pictures.size()));
  for (const Picture& picture : document.pictures) {
    put(out, static_cast<std::int32_t>(picture.element));
    put_text(out, picture.media_type);
    put_text(out, picture.bytes);
  }
}

EncodedDocument::EncodedDocument() = default;
EncodedDocument::EncodedDocument(EncodedDocument&&) noexcept = default;
EncodedDocument& EncodedDocument::operator=(EncodedDocument&&) noexcept = default;
EncodedDocument::~EncodedDocument() = default;
const std::vector<EncodedDocument::EncodedPart>& EncodedDocument::parts() const { return parts_; }

Result<EncodedDocument> EncodedDocument::open(Bytes bytes, std::size_t size_bytes) {
  MP_ASSIGN(EncodedDocument document, read({bytes.get(), size_bytes}, false));
  document.bytes_ = std::move(bytes);
  return document;
}

Result<EncodedDocument> EncodedDocument::read(std::string_view bytes, bool is_part) {
  Reader in(bytes);
  if (in.get<std::uint32_t>() != kMagic) return corrupt("encoded document has a wrong signature");
  EncodedDocument document;
  document.title = in.text();
  document.language = in.text();
  document.pages = in.get<std::int32_t>();
  // Counts come from outside: each is held against the bytes that are left before anything is reserved.
  const auto pairs = in.get<std::uint32_t>();
  if (pairs > in.left() / 8) return corrupt("encoded document: metadata entries past the end: ", pairs);
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const std::string_view key = in.text();
    document.metadata.emplace_back(key, in.text());
  }
  const auto count = in.get<std::uint32_t>();
  if (count > in.left() / kElementMinBytes) return corrupt("encoded document: elements past the end: ", count);
  document.elements_ = count;
  document.rest_ = in.rest();
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint8_t kind = 0;
    document.text_bytes_ += static_cast<std::int64_t>(read_element(in, kind).text.size());
    if (kind > kKindMax) return corrupt("encoded document: unknown element kind: ", int{kind});
  }
  const auto parts = in.get<std::uint32_t>();
  if (parts > (is_part ? 0 : in.left() / 12)) return corrupt("encoded document: parts past the end: ", parts);
  for (std::uint32_t i = 0; i < parts; ++i) {
    const std::string_view name = in.text(), media_type = in.text();
    MP_ASSIGN(EncodedDocument part, read(in.text(), true));
    document.parts_.push_back({name, media_type, std::move(part)});
  }
  const auto pictures = in.get<std::uint32_t>();
  if (pictures > in.left() / 12) return corrupt("encoded document: pictures past the end: ", pictures);
  for (std::uint32_t i = 0; i < pictures; ++i) {
    const auto element = in.get<std::int32_t>();
    const std::string_view media_type = in.text();
    document.pictures.push_back({element, media_type, in.text()});
  }
  if (!in.ok()) return corrupt("encoded document is cut short");
  if (in.left() != 0) return corrupt("encoded document has bytes left over: ", in.left());
  return document;
}

Result<EncodedDocument> EncodedDocument::open_copy(std::string_view bytes) {
  Bytes copy(static_cast<char*>(std::malloc(bytes.size() + 1)));
  if (!copy) return exhausted("no memory for an encoded document of ", bytes.size(), " bytes");
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return open(std::move(copy), bytes.size());
}

void EncodedDocument::for_each_element(const std::function<void(const ElementView&)>& visit) const {
  Reader in(rest_);
  std::uint8_t kind = 0;
  for (std::int64_t i = 0; i < elements_; ++i) visit(read_element(in, kind));
}

Document EncodedDocument::copy() const {
  Document document;
  document.title = title;
  document.language = language;
  document.pages = pages;
  for (const auto& [key, value] : metadata) document.metadata[std::string(key)] = value;
  document.elements.reserve(static_cast<std::size_t>(elements_));
  for_each_element([&](const ElementView& e) {
    document.elements.push_back({e.kind, e.level, std::string(e.text), e.page, e.box, std::string(e.html)});
  });
  for (const EncodedPart& part : parts_) {
    document.parts.push_back({std::string(part.name), std::string(part.media_type), part.document.copy()});
  }
  for (const PictureView& picture : pictures) {
    document.pictures.push_back({picture.element, std::string(picture.media_type), std::string(picture.bytes)});
  }
  return document;
}

}  // namespace millpond::extract
