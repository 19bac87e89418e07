#include "index/segment_reference.h"

namespace millpond::index {
namespace {

constexpr std::string_view kMagic = "MPSEGREF 1\n";
constexpr std::size_t kSizeMax = 16 << 10;

}  // namespace

std::string encode_reference(const SegmentReference& reference) {
  return std::string(kMagic) + reference.object + "\n" + reference.folder + "\n";
}

std::optional<SegmentReference> read_reference(std::string_view file) {
  if (file.size() > kSizeMax || !file.starts_with(kMagic)) return std::nullopt;
  file.remove_prefix(kMagic.size());
  const std::size_t first = file.find('\n');
  const std::size_t second = first == std::string_view::npos ? first : file.find('\n', first + 1);
  if (second == std::string_view::npos || second + 1 != file.size()) return std::nullopt;
  return SegmentReference{std::string(file.substr(0, first)), std::string(file.substr(first + 1, second - first - 1))};
}

}  // namespace millpond::index
