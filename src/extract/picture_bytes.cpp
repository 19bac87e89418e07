#include "extract/picture_bytes.h"

#include <utility>

#include "extract/mail/transfer.h"

namespace millpond::extract {

std::string_view picture_type(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "image/gif";
  if (bytes.starts_with("RIFF"sv) && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP"sv) return "image/webp";
  if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv)) return "image/tiff";
  if (bytes.starts_with("BM"sv) && bytes.size() > 54) return "image/bmp";
  if (bytes.starts_with("\0\0\0\x0cjP  "sv)) return "image/jp2";
  return {};
}

int Pictures::keep(std::string bytes) {
  if (!wanted_ || picture_type(bytes).empty() || std::int64_t(bytes.size()) > left_bytes_) return 0;
  left_bytes_ -= std::int64_t(bytes.size());
  kept_.push_back(std::move(bytes));
  return -int(kept_.size());
}

void Pictures::settle(Document& document) {
  for (std::size_t i = 0; i < document.elements.size(); ++i) {
    Element& element = document.elements[i];
    if (element.kind != ElementKind::kFigure || element.level >= 0) continue;
    std::string& bytes = kept_[static_cast<std::size_t>(-element.level) - 1];
    element.level = 0;
    const std::string media_type(picture_type(bytes));
    document.pictures.push_back({int(i), media_type, std::move(bytes)});
  }
}

std::string data_uri_bytes(std::string_view address) {
  if (!address.starts_with("data:image/")) return {};
  const std::size_t comma = address.find(',');
  if (comma == address.npos || comma > 100) return {};
  const bool base64 = address.substr(0, comma).ends_with(";base64");
  return base64 ? decode_base64(address.substr(comma + 1)) : decode_percent(address.substr(comma + 1));
}

}  // namespace millpond::extract
