#include "millpond/extract/detect.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "extract/detect_text.h"

namespace millpond::extract {
namespace {

using std::string_view;
using namespace std::string_view_literals;

struct Magic {
  string_view bytes;
  std::size_t offset;
  string_view media_type;
};

// Longer signatures before shorter ones that begin alike.
constexpr Magic kMagic[] = {
    {"\x89PNG\r\n\x1A\n"sv, 0, "image/png"},
    {"\xFF\xD8\xFF"sv, 0, "image/jpeg"},
    {"GIF87a"sv, 0, "image/gif"},
    {"GIF89a"sv, 0, "image/gif"},
    {"WEBP"sv, 8, "image/webp"},
    {"WAVE"sv, 8, "audio/wav"},
    {"AVI "sv, 8, "video/x-msvideo"},
    {"II*\0"sv, 0, "image/tiff"},
    {"MM\0*"sv, 0, "image/tiff"},
    {"II+\0"sv, 0, "image/tiff"},
    {"MM\0+"sv, 0, "image/tiff"},
    {"\0\0\x01\0"sv, 0, "image/x-icon"},
    {"ftypheic"sv, 4, "image/heic"},
    {"ftypavif"sv, 4, "image/avif"},
    {"ftypM4A"sv, 4, "audio/mp4"},
    {"ftypM4B"sv, 4, "audio/mp4"},
    {"ftypqt"sv, 4, "video/quicktime"},
    {"ftyp"sv, 4, "video/mp4"},
    {"\x1A\x45\xDF\xA3"sv, 0, "video/x-matroska"},
    {"OggS"sv, 0, "audio/ogg"},
    {"fLaC"sv, 0, "audio/flac"},
    {"AIFF"sv, 8, "audio/aiff"},
    {"AIFC"sv, 8, "audio/aiff"},
    {"caff\0\1\0"sv, 0, "audio/x-caf"},
    {".snd\0\0"sv, 0, "audio/basic"},
    {"#!AMR"sv, 0, "audio/amr"},
    {"wvpk"sv, 0, "audio/x-wavpack"},
    {"FLV\1"sv, 0, "video/x-flv"},
    {"\0\0\1\xBA"sv, 0, "video/mpeg"},
    {"\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv, 0, "video/x-ms-asf"},
    {"\xFF\xF1"sv, 0, "audio/aac"},
    {"\xFF\xF9"sv, 0, "audio/aac"},
    {"ID3"sv, 0, "audio/mpeg"},
    {"\xFF\xFB"sv, 0, "audio/mpeg"},
    {"\xFF\xF3"sv, 0, "audio/mpeg"},
    {"\xFF\xF2"sv, 0, "audio/mpeg"},
    {"\x1F\x8B"sv, 0, "application/gzip"},
    {"BZh"sv, 0, "application/x-bzip2"},
    {"\xFD"
     "7zXZ\0"sv,
     0, "application/x-xz"},
    {"\x28\xB5\x2F\xFD"sv, 0, "application/zstd"},
    {"7z\xBC\xAF\x27\x1C"sv, 0, "application/x-7z-compressed"},
    {"Rar!\x1A\x07"sv, 0, "application/vnd.rar"},
    {"ustar"sv, 257, "application/x-tar"},
    {"PAR1"sv, 0, "application/vnd.apache.parquet"},
    {"ARROW1\0\0"sv, 0, "application/vnd.apache.arrow.file"},
    {"Obj\x01"sv, 0, "application/avro"},
    {"GPKG"sv, 68, "application/geopackage+sqlite3"},
    {"SQLite format 3\0"sv, 0, "application/vnd.sqlite3"},
    {"\x89MCAP0\r\n"sv, 0, "application/x-mcap"},
    {"#ROSBAG V2.0\n"sv, 0, "application/x-rosbag"},
    {"\x7F"
     "ELF"sv,
     0, "application/x-elf"},
    {"\0asm"sv, 0, "application/wasm"},
    {"{\\rtf"sv, 0, "application/rtf"},
    {"%!PS"sv, 0, "application/postscript"},
    {"wOFF"sv, 0, "font/woff"},
    {"wOF2"sv, 0, "font/woff2"},
    {"\0\x01\0\0\0"sv, 0, "font/ttf"},
    {"OTTO"sv, 0, "font/otf"},
};

bool has_at(string_view bytes, std::size_t offset, string_view what) {
  return bytes.size() >= offset + what.size() && bytes.substr(offset, what.size()) == what;
}

unsigned u16(string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

/// What a ZIP archive holds, by the names of its first members and by OpenDocument's and EPUB's `mimetype` member.
std::string zip_type(string_view bytes, string_view file_name) {
  static constexpr string_view kWord = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  static constexpr string_view kSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  static constexpr string_view kSlides = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
  bool office = false;
  constexpr std::size_t kHeaderBytes = 30;
  for (std::size_t at = bytes.find("PK\3\4"sv); at != bytes.npos; at = bytes.find("PK\3\4"sv, at + 4)) {
    if (at + kHeaderBytes > bytes.size()) break;
    const string_view name = bytes.substr(std::min(bytes.size(), at + kHeaderBytes)).substr(0, u16(bytes, at + 26));
    if (name == "mimetype" && u16(bytes, at + 8) == 0) {
      const std::size_t size = std::min<std::size_t>(u16(bytes, at + 18), 128);
      const std::size_t begin = std::min(bytes.size(), at + kHeaderBytes + name.size() + u16(bytes, at + 28));
      string_view type = bytes.substr(begin, size);
      while (!type.empty() && static_cast<unsigned char>(type.back()) <= ' ') type.remove_suffix(1);
      const bool plain = std::all_of(type.begin(), type.end(), [](char c) { return c > ' ' && c < 127; });
      if (plain && type.find('/') != type.npos) return std::string(type);
    }
    if (name.starts_with("word/")) return std::string(kWord);
    if (name.starts_with("xl/")) return std::string(kSheet);
    if (name.starts_with("ppt/")) return std::string(kSlides);
    if (name == "META-INF/MANIFEST.MF") return "application/java-archive";
    office = office || name == "[Content_Types].xml" || name == "_rels/.rels";
  }
  if (office) {  // the telling member lies beyond what we see
    if (has_suffix(file_name, ".docx")) return std::string(kWord);
    if (has_suffix(file_name, ".xlsx")) return std::string(kSheet);
    if (has_suffix(file_name, ".pptx")) return std::string(kSlides);
  }
  return "application/zip";
}

/// What a compound file holds, by the names in its directory where that is in sight, else by its own name.
std::string compound_type(string_view bytes, string_view file_name) {
  struct Kind {
    string_view stream, suffix, media_type;
  };
  static constexpr Kind kKinds[] = {{"__properties_version1.0", ".msg", "application/vnd.ms-outlook"},
                                    {"WordDocument", ".doc", "application/msword"},
                                    {"Workbook", ".xls", "application/vnd.ms-excel"},
                                    {"PowerPoint Document", ".ppt", "application/vnd.ms-powerpoint"}};
  for (const Kind& kind : kKinds) {
    std::string wide;
    for (const char c : kind.stream) wide += c, wide += '\0';
    if (bytes.find(wide) != bytes.npos) return std::string(kind.media_type);
  }
  for (const Kind& kind : kKinds) {
    if (has_suffix(file_name, kind.suffix)) return std::string(kind.media_type);
  }
  return "application/x-ole-storage";
}

/// UTF-16 and UTF-32 as bytes that the text rules can read; other characters than ASCII become `?`.
std::string narrowed(string_view bytes, std::size_t width, bool big_endian) {
  std::string out;
  for (std::size_t i = 0; i + width <= bytes.size(); i += width) {
    const std::size_t low = big_endian ? i + width - 1 : i;
    bool ascii = static_cast<unsigned char>(bytes[low]) < 0x80;
    for (std::size_t k = i; k < i + width; ++k) ascii = ascii && (k == low || bytes[k] == 0);
    out += ascii ? bytes[low] : '?';
  }
  return out;
}

/// 2 for little, 3 for big endian UTF-16 without a mark; 0 if it does not look like either.
int unmarked_utf16(string_view bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size() & ~std::size_t{1}, 4096);
  if (size < 8) return 0;
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < size; i += 2) {
    even += bytes[i] == 0;
    odd += bytes[i + 1] == 0;
  }
  const std::size_t most = size / 2 * 7 / 10;
  if (odd >= most && even == 0) return 2;
  return even >= most && odd == 0 ? 3 : 0;
}

/// How many control bytes other than those of plain text. Eight bytes at a time: hardly any word has one.
std::size_t odd_controls(string_view bytes) {
  const auto odd = [](unsigned char byte) {
    return byte == 0x7F || (byte < 0x20 && (byte < 0x07 || byte > 0x0D) && byte != 0x1B);
  };
  constexpr std::uint64_t kEach = 0x0101010101010101, kHigh = 0x8080808080808080;
  std::size_t count = 0, at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    const std::uint64_t low = (word - 0x20 * kEach) & ~word & kHigh;                             // some byte below 0x20
    const std::uint64_t del = ((word ^ 0x7F * kEach) - kEach) & ~(word ^ 0x7F * kEach) & kHigh;  // some byte 0x7F
    if ((low | del) == 0) continue;
    for (std::size_t i = at; i < at + 8; ++i) count += odd(static_cast<unsigned char>(bytes[i]));
  }
  for (; at < bytes.size(); ++at) count += odd(static_cast<unsigned char>(bytes[at]));
  return count;
}

/// Packets of 188 bytes, each behind a mark.
bool is_transport_stream(string_view bytes) {
  constexpr std::size_t kPacketBytes = 188, kMarks = 4;
  for (std::size_t i = 0; i < kMarks; ++i) {
    if (bytes.size() <= i * kPacketBytes || bytes[i * kPacketBytes] != 'G') return false;
  }
  return true;
}

bool is_binary(string_view bytes) { return bytes.find('\0') != bytes.npos || odd_controls(bytes) * 50 > bytes.size(); }

}  // namespace

std::string detect_media_type(string_view bytes, string_view file_name) {
  bytes = bytes.substr(0, kDetectBytes);
  if (bytes.empty()) return "application/x-empty";
  if (const std::size_t at = bytes.substr(0, 1024).find("%PDF-"); at == 0 || (at != bytes.npos && is_binary(bytes))) {
    return "application/pdf";
  }
  if (bytes.starts_with("PK\3\4"sv) || bytes.starts_with("PK\5\6"sv)) return zip_type(bytes, file_name);
  if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv)) return compound_type(bytes, file_name);
  for (const Magic& magic : kMagic) {
    if (magic.offset > 8 && magic.bytes == "GPKG"sv && !bytes.starts_with("SQLite format 3\0"sv)) continue;
    if (has_at(bytes, magic.offset, magic.bytes)) return std::string(magic.media_type);
  }
  if (is_transport_stream(bytes)) return "video/mp2t";
  if (bytes.starts_with("\x0B\x77") && (has_suffix(file_name, ".ac3") || has_suffix(file_name, ".eac3")))
    return "audio/ac3";
  if (bytes.starts_with("BM") && bytes.size() > 14 && u16(bytes, 6) == 0 && u16(bytes, 8) == 0) return "image/bmp";
  if (bytes.starts_with("\xEF\xBB\xBF")) return detect_text_type(bytes.substr(3), file_name);
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return detect_text_type(narrowed(bytes.substr(4), 4, false), file_name);
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return detect_text_type(narrowed(bytes.substr(4), 4, true), file_name);
  if (bytes.starts_with("\xFF\xFE")) return detect_text_type(narrowed(bytes.substr(2), 2, false), file_name);
  if (bytes.starts_with("\xFE\xFF")) return detect_text_type(narrowed(bytes.substr(2), 2, true), file_name);
  if (const int endian = unmarked_utf16(bytes)) return detect_text_type(narrowed(bytes, 2, endian == 3), file_name);
  if (is_binary(bytes)) return "application/octet-stream";
  return detect_text_type(bytes, file_name);
}

}  // namespace millpond::extract
