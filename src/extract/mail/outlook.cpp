// Messages of Outlook.

#include "millpond/extract/outlook.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

#include "extract/compound/compound_file.h"
#include "extract/container/part_reader.h"
#include "extract/html/html_page.h"
#include "extract/mail/compressed_rtf.h"
#include "extract/mail/mail_text.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/rtf.h"
#include "millpond/extract/text.h"

namespace millpond::extract {
namespace {

constexpr unsigned kUtf16 = 0x001F, kBytes8 = 0x001E, kBinary = 0x0102, kObject = 0x000D;
constexpr unsigned kTime = 0x0040, kLong = 0x0003;

/// Labels of Windows code pages.
std::string encoding_of(std::uint32_t code_page) {
  switch (code_page) {
    case 65001: return "utf-8";
    case 932: return "shift_jis";
    case 936: return "gbk";
    case 949: return "euc-kr";
    case 950: return "big5";
    case 20866: return "koi8-r";
    case 54936: return "gb18030";
    default: break;
  }
  if (code_page >= 1250 && code_page <= 1258) return "windows-" + std::to_string(code_page);
  if (code_page > 28590 && code_page < 28606) return "iso-8859-" + std::to_string(code_page - 28590);
  return {};
}

/// 100 ns since 1601 as ISO 8601; empty for what is no time.
std::string iso_time(std::uint64_t ticks) {
  constexpr std::uint64_t kTicks = 10'000'000, kTo1970 = 11'644'473'600, kTo2500 = 28'400'000'000;
  const std::uint64_t seconds = ticks / kTicks;
  if (seconds == 0 || seconds > kTo2500) return {};
  const auto time = static_cast<std::time_t>(seconds) - static_cast<std::time_t>(kTo1970);
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return {};
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

/// A message, recipient or attachment: streams by property, and numbers in a table of their own.
class Properties {
 public:
  Properties(const CompoundFile& file, std::uint32_t storage, std::size_t header_bytes)
      : file_(file), storage_(storage) {
    if (const std::uint32_t table = file.find(storage, "__properties_version1.0"); table != CompoundFile::kNone) {
      if (auto bytes = file.read(table); bytes.ok()) numbers_ = *std::move(bytes);
    }
    numbers_.erase(0, std::min(header_bytes, numbers_.size()));
  }

  void decode_as(std::string encoding) { encoding_ = std::move(encoding); }
  const std::string& encoding() const { return encoding_; }

  std::optional<std::uint64_t> number(unsigned id, unsigned type) const {
    constexpr std::size_t kEntryBytes = 16;
    for (std::size_t at = 0; at + kEntryBytes <= numbers_.size(); at += kEntryBytes) {
      if (little16(numbers_, at) == type && little16(numbers_, at + 2) == id) return little64(numbers_, at + 8);
    }
    return std::nullopt;
  }

  std::uint32_t place(unsigned id, unsigned type) const {
    char name[32];
    std::snprintf(name, sizeof name, "__substg1.0_%04X%04X", id, type);
    return file_.find(storage_, name);
  }

  std::string bytes(unsigned id, unsigned type) const {
    const std::uint32_t stream = place(id, type);
    if (stream == CompoundFile::kNone || file_.entry(stream).storage) return {};
    auto bytes = file_.read(stream);
    return bytes.ok() ? *std::move(bytes) : std::string();
  }

  std::string text(unsigned id) const {
    if (std::string wide = bytes(id, kUtf16); !wide.empty()) return trimmed(utf8_of_utf16(wide));
    const std::string narrow = bytes(id, kBytes8);
    if (narrow.empty()) return {};
    Decoded decoded;
    decode_text(narrow, encoding_, decoded);
    return trimmed(std::string(decoded.text));
  }

 private:
  /// Some writers end texts with zeros.
  static std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == '\0') text.pop_back();
    return text;
  }

  const CompoundFile& file_;
  const std::uint32_t storage_;
  std::string numbers_, encoding_;
};

std::string named(const std::string& name, const std::string& address) {
  const bool is_address = address.find('@') != std::string::npos;
  if (!is_address) return name;
  return name.empty() || name == address ? address : name + " <" + address + ">";
}

class OutlookReader {
 public:
  OutlookReader(const CompoundFile& file, const Limits& limits, int depth)
      : file_(file), limits_(limits), depth_(depth), out_(limits), attachments_(limits), parts_(limits, attachments_) {}

  Result<Document> read(std::uint32_t storage) {
    constexpr std::size_t kTopHeader = 32, kInnerHeader = 24;
    Properties mail(file_, storage, storage == CompoundFile::kRoot ? kTopHeader : kInnerHeader);
    auto code_page = mail.number(0x3FFD, kLong);
    if (!code_page) code_page = mail.number(0x3FDE, kLong);
    if (code_page) mail.decode_as(encoding_of(static_cast<std::uint32_t>(*code_page)));
    headers(mail);
    people(storage, mail);
    MP_TRY(body(mail));
    MP_TRY(attachments(storage, mail));
    if (!attachments_.document.elements.empty()) {
      out_.title(2, "Attachments");
      for (const Element& element : attachments_.document.elements) out_.item(1, element.text);
    }
    out_.document.parts = std::move(attachments_.document.parts);
    return out_.finish();
  }

 private:
  void headers(const Properties& mail) {
    const std::string subject = mail.text(0x0037);
    out_.document.title = clean(subject);
    out_.title(1, subject);
    std::string sender = mail.text(0x5D01);  // the SMTP address; what else there is may be a path of Exchange
    if (sender.empty()) sender = mail.text(0x0C1F);
    if (sender.find('@') == std::string::npos) sender = mail.text(0x0065);
    std::string name = mail.text(0x0C1A);
    if (name.empty()) name = mail.text(0x0042);
    out_.metadata("author", named(name, sender));
    for (const unsigned id : {0x0039U, 0x0E06U, 0x3007U}) {  // sent, delivered, made
      if (const auto time = mail.number(id, kTime)) out_.metadata("created", iso_time(*time));
    }
    const std::string id = mail.text(0x1035), parent = mail.text(0x1042), references = mail.text(0x1039);
    out_.metadata("message_id", id);
    out_.metadata("in_reply_to", parent);
    out_.metadata("references", references);
    const std::size_t open = references.find('<'), close = references.find('>', open);
    const std::string root =
        open == std::string::npos || close == std::string::npos ? "" : references.substr(open, close - open + 1);
    out_.metadata("thread", !root.empty() ? root : !parent.empty() ? parent : id);
    const std::string kind = mail.text(0x001A);
    if (kind != "IPM.Note") out_.metadata("message_class", kind);
  }

  void people(std::uint32_t storage, const Properties& mail) {
    constexpr std::size_t kHeaderBytes = 8, kPeopleMax = 10'000;
    std::array<std::string, 4> lists;  // by type: 1 to, 2 cc, 3 bcc
    std::size_t count = 0;
    for (const std::uint32_t child : file_.entry(storage).children) {
      const CompoundEntry& entry = file_.entry(child);
      if (!entry.storage || !entry.name.starts_with("__recip_version1.0_") || ++count > kPeopleMax) continue;
      Properties person(file_, child, kHeaderBytes);
      person.decode_as(mail.encoding());
      std::string address = person.text(0x39FE);
      if (address.empty()) address = person.text(0x3003);
      const std::uint64_t type = person.number(0x0C15, kLong).value_or(1) & 0xF;
      std::string& list = lists[type >= 1 && type <= 3 ? type : 1];
      list += (list.empty() ? "" : ", ") + named(person.text(0x3001), address);
    }
    out_.metadata("to", lists[1].empty() ? mail.text(0x0E04) : lists[1]);
    out_.metadata("cc", lists[2].empty() ? mail.text(0x0E03) : lists[2]);
    out_.metadata("bcc", lists[3]);
  }

  Status body(const Properties& mail) {
    const auto blank = [](const std::string& text) { return text.find_first_not_of(" \t\r\n\xC2\xA0") == text.npos; };
    if (const std::string text = mail.text(0x1000); !blank(text)) {
      MP_ASSIGN(const Document page, parse_text(text, limits_));
      return write_mail_text(page, out_);
    }
    std::string html = mail.bytes(0x1013, kBinary);
    if (html.empty()) html = mail.text(0x1013);
    if (!blank(html)) {
      Decoded decoded;
      const auto code_page = mail.number(0x3FDE, kLong);
      decode_text(html, code_page ? encoding_of(static_cast<std::uint32_t>(*code_page)) : "", decoded);
      MP_ASSIGN(const Document page, parse_whole_html(decoded.text, limits_));
      return write_mail_text(page, out_);
    }
    if (const std::string packed = mail.bytes(0x1009, kBinary); !packed.empty()) {
      const auto most = static_cast<std::size_t>(limits_.output_bytes);
      auto rtf = expand_compressed_rtf(packed, most);
      if (!rtf.ok()) return std::move(rtf).status();
      auto page = parse_rtf(*rtf, limits_);
      // Of a message whose body is broken, people and attachments are still worth having.
      if (!page.ok()) return out_.metadata("body", "not read: " + page.status().message()), Status();
      return write_mail_text(*page, out_);
    }
    return {};
  }

  Status attachments(std::uint32_t storage, const Properties& mail) {
    constexpr std::size_t kHeaderBytes = 8;
    int unnamed = 0;
    for (const std::uint32_t child : file_.entry(storage).children) {
      const CompoundEntry& entry = file_.entry(child);
      if (!entry.storage || !entry.name.starts_with("__attach_version1.0_")) continue;
      Properties attachment(file_, child, kHeaderBytes);
      attachment.decode_as(mail.encoding());
      std::string name = attachment.text(0x3707);
      if (name.empty()) name = attachment.text(0x3704);
      if (name.empty()) name = attachment.text(0x3001);
      for (char& c : name) c = c == '/' ? '_' : c;
      if (name.empty()) name = "attachment " + std::to_string(++unnamed);
      const std::uint32_t object = attachment.place(0x3701, kObject);
      if (object != CompoundFile::kNone && file_.entry(object).storage) {
        MP_TRY(inner(name, object));
        continue;
      }
      const std::uint32_t stream = attachment.place(0x3701, kBinary);
      if (stream == CompoundFile::kNone || file_.entry(stream).storage) {
        parts_.note(name, "its bytes are not in the message");
        continue;
      }
      auto bytes = file_.read(stream);
      if (!bytes.ok()) {
        parts_.note(name, bytes.status().message());
        continue;
      }
      MP_TRY(parts_.add(name, *bytes));
    }
    return {};
  }

  /// A message in the message, or an object of another program.
  Status inner(const std::string& name, std::uint32_t storage) {
    if (file_.find(storage, "__properties_version1.0") == CompoundFile::kNone) {
      parts_.note(name, "an object of another program");
      return {};
    }
    if (depth_ >= limits_.nesting) {
      parts_.note(name, "nested too deep");
      return {};
    }
    OutlookReader reader(file_, limits_, depth_ + 1);
    auto document = reader.read(storage);
    if (!document.ok()) {
      parts_.note(name, document.status().message());
      return {};
    }
    return parts_.add_document(name, "application/vnd.ms-outlook", *std::move(document));
  }

  const CompoundFile& file_;
  const Limits& limits_;
  const int depth_;
  DocumentBuilder out_, attachments_;
  PartReader parts_;
};

}  // namespace

Result<Document> parse_outlook(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const CompoundFile file, CompoundFile::open(bytes));
  if (file.find(CompoundFile::kRoot, "__properties_version1.0") == CompoundFile::kNone) {
    return invalid("no message of Outlook: it has no properties");
  }
  OutlookReader reader(file, limits, 0);
  return reader.read(CompoundFile::kRoot);
}

}  // namespace millpond::extract
