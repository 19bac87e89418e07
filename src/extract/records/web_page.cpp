#include "extract/records/web_page.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "extract/records/byte_reader.h"
#include "extract/records/warc_header.h"
#include "extract/text/encoding.h"
#include "millpond/extract/worker.h"

namespace millpond::extract {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

void add(RecordFields& fields, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  RecordField& field = fields.add();
  field.name = name;
  field.value = repair_utf8(value);
  field.text = true;
}

void read_content_type(std::string_view value, WebPage& page) {
  const std::string text = lower(value);
  page.media_type = text.substr(0, text.find_first_of("; \t"));
  if (const std::size_t at = text.find("charset="); at != std::string::npos) {
    page.charset = text.substr(at + 8);
    page.charset.erase(std::remove(page.charset.begin(), page.charset.end(), '"'), page.charset.end());
    page.charset.resize(std::min(page.charset.size(), page.charset.find_first_of("; \t")));
  }
}

/// Joins the chunks; false if the body is not in chunks, which some crawlers take away and leave in the header.
bool join_chunks(std::string_view body, std::string& out) {
  out.clear();
  while (true) {
    const std::size_t end = body.find("\r\n");
    std::uint64_t size = 0;
    if (end == std::string_view::npos) return false;
    const auto parsed = std::from_chars(body.data(), body.data() + end, size, 16);
    if (parsed.ec != std::errc() || parsed.ptr == body.data()) return false;
    body.remove_prefix(end + 2);
    if (size == 0) return true;
    if (size > body.size()) return false;
    out.append(body.substr(0, size));
    body.remove_prefix(size);
    if (!body.starts_with("\r\n")) return false;
    body.remove_prefix(2);
  }
}

Status decompress(std::string_view packed, const Limits& limits, std::string& out) {
  MP_ASSIGN(const auto reader, ByteReader::over(packed));
  std::string plain;
  constexpr std::size_t kStepBytes = 64 << 10;
  while (true) {
    const std::size_t before = plain.size();
    if (static_cast<std::int64_t>(before) > limits.output_bytes ||
        static_cast<std::int64_t>(before) >
            limits.expansion_ratio * (static_cast<std::int64_t>(packed.size()) + (1 << 16))) {
      return exhausted("the page is too large when decompressed: more than bytes ", before);
    }
    plain.resize(before + kStepBytes);
    MP_ASSIGN(const std::size_t got, reader->read(plain.data() + before, kStepBytes));
    plain.resize(before + got);
    if (got == 0) break;
  }
  out = std::move(plain);
  return {};
}

Status read_http(std::string_view message, const Limits& limits, WebPage& page, RecordFields& fields) {
  const std::size_t header_size = warc_header_size(message);
  if (!message.starts_with("HTTP/") || header_size == 0) return corrupt("the response is not an HTTP message");
  const std::string_view header = message.substr(0, header_size);
  const std::size_t space = header.find(' ');
  const std::string_view status = space < header.size() ? header.substr(space + 1, 3) : std::string_view();
  add(fields, "status", status);
  page.body = message.substr(header_size);
  read_content_type(warc_field(header, "content-type"), page);
  if (status != "200") {
    page.kind = PageKind::kNotOk;
    return {};
  }
  if (lower(warc_field(header, "transfer-encoding")) == "chunked" && join_chunks(page.body, page.unpacked)) {
    page.body = page.unpacked;
  }
  const std::string encoding = lower(warc_field(header, "content-encoding"));
  if (encoding == "gzip" || encoding == "x-gzip" || encoding == "zstd") {
    MP_TRY(decompress(page.body, limits, page.unpacked));  // a body that is plain already passes as it is
    page.body = page.unpacked;
  } else if (!encoding.empty() && encoding != "identity") {
    return unsupported("content-encoding of the response: ", encoding.substr(0, 40));
  }
  page.kind = PageKind::kPage;
  return {};
}

}  // namespace

Status read_web_page(std::string_view record, const Limits& limits, WebPage& page, RecordFields& fields) {
  const std::size_t header_size = warc_header_size(record);
  if (header_size == 0) return corrupt("the record has no header");
  const std::string_view header = record.substr(0, header_size);
  std::string_view id = warc_field(header, "warc-record-id");
  for (const std::string_view prefix : {"<", "urn:uuid:"}) {
    if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
  }
  if (id.ends_with('>')) id.remove_suffix(1);
  add(fields, "id", id);
  std::string_view url = warc_field(header, "warc-target-uri");
  if (url.starts_with('<') && url.ends_with('>')) url = url.substr(1, url.size() - 2);
  add(fields, "url", url);
  add(fields, "date", warc_field(header, "warc-date"));
  add(fields, "languages", warc_field(header, "warc-identified-content-language"));
  page.kind = PageKind::kNoPage;
  page.media_type.clear(), page.charset.clear();
  page.body = record.substr(header_size);
  const std::string type = lower(warc_field(header, "warc-type"));
  if (type == "response") {
    MP_TRY(read_http(page.body, limits, page, fields));
  } else if (type == "conversion" || (type == "resource" && !url.starts_with("metadata:"))) {
    read_content_type(warc_field(header, "content-type"), page);
    page.kind = PageKind::kPage;
  }
  return {};
}

Result<std::string> page_text(const WebPage& page, const Limits& limits, Context& context) {
  Decoded decoded;
  const bool plain = page.media_type == "text/plain";
  const bool html = page.media_type == "text/html" || page.media_type == "application/xhtml+xml";
  decoded.text = page.body;  // where HTTP declares no charset, the parser looks for what the page itself declares
  if (plain || (html && !page.charset.empty())) decode_text(page.body, page.charset, decoded);
  if (plain) return std::string(decoded.text);
  const std::string_view type = html ? "text/html" : std::string_view(page.media_type);
  const ParseRequest request{.media_type = type, .path = {}, .bytes = decoded.text, .sha256 = {}};
  const auto workers = context.service<WorkerPool>();
  MP_ASSIGN(const EncodedDocument document, workers->parse(request, limits, context));
  std::string text;
  document.for_each_element([&](const ElementView& element) {
    if (element.text.empty()) return;
    if (!text.empty()) text += '\n';
    text += element.text;
  });
  return text;
}

}  // namespace millpond::extract
