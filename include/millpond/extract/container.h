#pragma once
// Files that hold other files. Each of those that can be read becomes a part of the document.

#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a ZIP archive: the document lists its members, and each that is of a known format is a part.
///
/// Shape:   a member that cannot be read stands in the list with the reason; folders, and files that systems leave
///          behind (`__MACOSX`, `.DS_Store`), are passed over. Archives in archives are read down to `limits.nesting`.
/// Errors:  kInvalidArgument (broken), kResourceExhausted (more than 10,000 members, or they expand beyond
///          `limits.expansion_ratio`, or all texts pass `limits.output_bytes`).
/// Threads: any.
Result<Document> parse_zip(std::string_view bytes, const Limits& limits);
/// As `parse_zip`, for tar archives (ustar, pax, GNU).
Result<Document> parse_tar(std::string_view bytes, const Limits& limits);
/// As `parse_zip`, for a file compressed with gzip or Zstandard: a tar archive, or one part.
Result<Document> parse_gzip(std::string_view bytes, const Limits& limits);
Result<Document> parse_zstd(std::string_view bytes, const Limits& limits);

/// Parses an e-mail: subject, people, date and thread as metadata, its text as elements, attachments as parts.
///
/// Shape:   the plain text if there is one, else the HTML. `message_id`, `in_reply_to` and `references` as they stand;
///          `thread` is the message that the exchange began with.
/// Errors:  kInvalidArgument without any header, kResourceExhausted as `parse_zip`.
/// Threads: any.
/// Source:  RFC 5322, RFC 2045 to 2047
Result<Document> parse_mail(std::string_view bytes, const Limits& limits);
/// Parses a mailbox (mbox): a part a message, named by its number, with its attachments beside it ("3/plan.pdf").
/// Errors, threads: as `parse_mail`.
Result<Document> parse_mbox(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
