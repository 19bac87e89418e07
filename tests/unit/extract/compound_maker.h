#pragma once
// Writes small compound files for tests: streams below the root, each in sectors of its own.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millpond::extract {

inline std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::string wide(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out.append(1, c).append(1, '\0');
  return out;
}

/// Up to 60 KiB of streams. Short ones are filled up with zeros to 4 KiB, below which they would lie elsewhere.
inline std::string compound(std::vector<std::pair<std::string, std::string>> streams) {
  constexpr std::uint32_t kEnd = 0xFFFFFFFE, kTable = 0xFFFFFFFD, kFree = 0xFFFFFFFF;
  std::vector<std::uint32_t> next = {kTable};
  std::string sectors;
  const auto entry = [](std::string_view name, int type, std::uint32_t right, std::uint32_t child, std::uint32_t start,
                        std::uint64_t size) {
    std::string out = wide(name);
    const std::size_t length = name.empty() ? 0 : out.size() + 2;
    out.resize(64);
    out += little(length, 2) + little(static_cast<std::uint64_t>(type), 1) + little(1, 1) + little(kFree, 4) +
           little(right, 4) + little(child, 4) + std::string(16 + 4 + 16, '\0') + little(start, 4) + little(size, 8);
    return out;
  };
  std::string directory = entry("Root Entry", 5, kFree, streams.empty() ? kFree : 1, kEnd, 0);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    std::string& bytes = streams[i].second;
    if (bytes.size() < 4096) bytes.resize(4096);
    const std::size_t size = bytes.size();
    const auto start = static_cast<std::uint32_t>(next.size());
    bytes.resize((size + 511) / 512 * 512);
    for (std::size_t at = 0; at < bytes.size(); at += 512) {
      next.push_back(at + 512 < bytes.size() ? static_cast<std::uint32_t>(next.size()) + 1 : kEnd);
    }
    sectors += bytes;
    const bool last = i + 1 == streams.size();
    directory += entry(streams[i].first, 2, last ? kFree : static_cast<std::uint32_t>(i) + 2, kFree, start, size);
  }
  while (directory.size() % 512 != 0) directory += entry("", 0, kFree, kFree, 0, 0);
  const auto directory_at = static_cast<std::uint32_t>(next.size());
  for (std::size_t at = 0; at < directory.size(); at += 512) {
    next.push_back(at + 512 < directory.size() ? static_cast<std::uint32_t>(next.size()) + 1 : kEnd);
  }
  std::string header = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(16, '\0') + little(0x3E, 2) + little(3, 2) +
                       little(0xFFFE, 2) + little(9, 2) + little(6, 2) + std::string(6, '\0') + little(0, 4) +
                       little(1, 4) + little(directory_at, 4) + little(0, 4) + little(4096, 4) + little(kEnd, 4) +
                       little(0, 4) + little(kEnd, 4) + little(0, 4) + little(0, 4);
  while (header.size() < 512) header += little(kFree, 4);
  std::string table;
  for (const std::uint32_t each : next) table += little(each, 4);
  while (table.size() < 512) table += little(kFree, 4);
  return header + table + sectors + directory;
}

}  // namespace millpond::extract
