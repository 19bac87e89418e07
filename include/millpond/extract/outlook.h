#pragma once
#include "millpond/extract/document.h"

namespace millpond::extract {

/// Parses a message of Outlook (.msg): subject, people, date and thread as metadata, its text as elements, attachments
/// and messages in the message as parts.
///
/// Shape:   as `parse_mail`: the plain text if there is one, else the HTML, else the RTF.
/// Errors:  kInvalidArgument (no compound file, no message), kDataCorrupt (its sectors are broken), kResourceExhausted
///          as `parse_zip`.
/// Threads: any.
/// Source:  [MS-OXMSG], [MS-CFB], [MS-OXRTFCP]
Result<Document> parse_outlook(std::string_view bytes, const Limits& limits);

}  // namespace millpond::extract
