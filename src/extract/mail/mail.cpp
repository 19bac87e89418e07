// E-mails and mailboxes.

#include <algorithm>
#include <array>
#include <cstdio>

#include "extract/container/part_reader.h"
#include "extract/html/html_page.h"
#include "extract/mail/mail_text.h"
#include "extract/mail/mime.h"
#include "extract/text/clean.h"
#include "extract/text/encoding.h"
#include "millpond/extract/container.h"
#include "millpond/extract/text.h"

namespace millpond::extract {
namespace {

/// "Mon, 2 Jan 2006 15:04:05 -0700 (MST)" → "2006-01-02T15:04:05-07:00"; as it stands if it is nothing like that.
std::string iso_date(const std::string& text) {
  const std::size_t comma = text.find(',');
  char month[8] = {}, zone[16] = {};
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  const char* const from = text.c_str() + (comma == text.npos ? 0 : comma + 1);
  int got = std::sscanf(from, " %2d %3s %4d %2d:%2d:%2d %15s", &day, month, &year, &hour, &minute, &second, zone);
  if (got < 6) {
    second = 0;
    got = std::sscanf(from, " %2d %3s %4d %2d:%2d %15s", &day, month, &year, &hour, &minute, zone);
  }
  static constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                               "jul", "aug", "sep", "oct", "nov", "dec"};
  for (char& c : month) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto* found = std::find(kMonths.begin(), kMonths.end(), std::string_view(month));
  if (got < 5 || found == kMonths.end() || year < 0 || day < 1 || day > 31) return clean(text);
  if (year < 100) year += year < 50 ? 2000 : 1900;
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d", year, int(found - kMonths.begin()) + 1, day, hour,
                minute, second);
  std::string iso = out;
  const std::string_view offset = zone;
  const bool numeric = offset.size() == 5 && (offset[0] == '+' || offset[0] == '-');
  if (numeric) iso.append(offset.substr(0, 3)).append(":").append(offset.substr(3));
  if (offset == "GMT" || offset == "UT" || offset == "Z" || offset == "UTC") iso += "Z";
  return iso;
}

/// The first "<…>" of a list of message ids.
std::string first_id(const std::string& text) {
  const std::size_t open = text.find('<'), close = text.find('>', open);
  return open == text.npos || close == text.npos ? std::string() : text.substr(open, close - open + 1);
}

class MailWriter {
 public:
  MailWriter(const Limits& limits, DocumentBuilder& out) : limits_(limits), out_(out), parts_(limits, attachments_) {}

  Status write(const MimePart& mail) {
    headers(mail);
    MP_TRY(entity(mail, true));
    // The list of attachments stands below the text.
    if (!attachments_.document.elements.empty()) {
      out_.title(2, "Attachments");
      for (const Element& element : attachments_.document.elements) out_.item(1, element.text);
    }
    out_.document.parts = std::move(attachments_.document.parts);
    return out_.status();
  }

 private:
  void headers(const MimePart& mail) {
    const std::string subject = decode_words(mail.header("subject"));
    static constexpr std::pair<const char*, std::string_view> kNames[] = {
        {"from", "author"}, {"to", "to"}, {"cc", "cc"}, {"reply-to", "reply_to"}, {"list-id", "list"}};
    for (const auto& [from, to] : kNames) out_.metadata(to, decode_words(mail.header(from)));
    if (const std::string date = mail.header("date"); !date.empty()) out_.metadata("created", iso_date(date));
    const std::string id = first_id(mail.header("message-id")), parent = first_id(mail.header("in-reply-to"));
    const std::string root = first_id(mail.header("references"));
    out_.metadata("message_id", id);
    out_.metadata("in_reply_to", parent);
    out_.metadata("references", mail.header("references"));
    out_.metadata("thread", !root.empty() ? root : !parent.empty() ? parent : id);
    out_.document.title = subject;
    out_.title(1, subject);
  }

  static bool is_text(const MimePart& part) {
    return !part.attached && (part.type == "text/plain" || part.type == "text/html");
  }

  Status entity(const MimePart& part, bool may_be_body) {
    if (part.type == "multipart/alternative") return alternative(part);
    if (!part.parts.empty()) {
      for (const MimePart& child : part.parts) MP_TRY(entity(child, may_be_body));
      return {};
    }
    if (part.type.starts_with("multipart/")) return {};
    if (may_be_body && is_text(part) && part.file_name.empty()) return text(part);
    // Marks of delivery and signatures say nothing that people wrote.
    if (part.type == "application/pgp-signature" || part.type == "application/pkcs7-signature") return {};
    std::string name = part.file_name;
    std::replace(name.begin(), name.end(), '/', '_');
    if (name.empty()) name = "attachment " + std::to_string(++unnamed_);
    const std::string content = part.body();
    const bool message = part.type == "message/rfc822";
    return parts_.add(name, content, message ? std::string_view(part.type) : std::string_view());
  }

  // The same text in several forms: plain if it has any, else HTML.
  Status alternative(const MimePart& part) {
    const MimePart* best = nullptr;
    for (const MimePart& child : part.parts) {
      if (child.type == "text/plain" && child.body().find_first_not_of(" \r\n\t") != std::string::npos) best = &child;
      if (best == nullptr && (child.type == "text/html" || child.type.starts_with("multipart/"))) best = &child;
    }
    for (const MimePart& child : part.parts) {
      if (&child == best || !is_text(child)) {
        if (&child == best || child.type != "text/calendar")
          MP_TRY(entity(child, &child == best || !child.parts.empty()));
      }
    }
    return {};
  }

  Status text(const MimePart& part) {
    const std::string content = part.body();
    Decoded decoded;
    decode_text(content, part.charset, decoded);
    MP_ASSIGN(const Document page,
              part.type == "text/html" ? parse_whole_html(decoded.text, limits_) : parse_text(decoded.text, limits_));
    return write_mail_text(page, out_);
  }

  const Limits& limits_;
  DocumentBuilder& out_;
  DocumentBuilder attachments_{limits_};
  PartReader parts_;
  int unnamed_ = 0;
};

bool begins_message(std::string_view text) {
  if (!text.starts_with("From ")) return false;
  const std::string_view line = text.substr(0, text.find('\n'));
  // "From ann@example.com Mon Jan  1 00:00:00 2024": a time and a year.
  return line.find(':') != line.npos && line.size() < 400 && line.find_first_of("0123456789") != line.npos;
}

/// ">From " stands for "From " at the start of a line.
std::string unquoted(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find("\n>From "); at != out.npos; at = out.find("\n>From ", at + 1)) out.erase(at + 1, 1);
  return out;
}

}  // namespace

Result<Document> parse_mail(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const MimePart mail, read_mime(bytes));
  DocumentBuilder out(limits);
  MailWriter writer(limits, out);
  MP_TRY(writer.write(mail));
  MP_ASSIGN(Document document, out.finish());
  return document;
}

Result<Document> parse_mbox(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  if (!begins_message(bytes)) return invalid("no mailbox: it does not begin with a line \"From \"");
  DocumentBuilder out(limits);
  PartReader parts(limits, out);
  int number = 0;
  while (!bytes.empty()) {
    std::size_t end = bytes.find("\nFrom ", 1);
    while (end != bytes.npos && !begins_message(bytes.substr(end + 1))) end = bytes.find("\nFrom ", end + 1);
    const std::string message = unquoted(bytes.substr(0, end == bytes.npos ? end : end + 1));
    MP_TRY(parts.add(std::to_string(++number), message, "message/rfc822"));
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  }
  parts.finish();
  // The list names what the messages are about.
  for (Element& element : out.document.elements) {
    for (const Part& part : out.document.parts) {
      if (part.name == element.text && !part.document.title.empty()) element.text += ". " + part.document.title;
    }
    if (out.document.parts.size() > 2000) break;  // a list that nobody reads
  }
  return out.finish();
}

}  // namespace millpond::extract
