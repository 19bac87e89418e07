#pragma once
// The structure of an e-mail: headers, parts, encodings.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millpond/status.h"

namespace millpond::extract {

struct MimePart {
  std::map<std::string, std::string> headers;  ///< names in lower case; unfolded, encoded words decoded
  std::string type;                            ///< lower case: "text/plain"
  std::string charset, file_name;              ///< as declared; may be empty
  bool attached = false;                       ///< Content-Disposition: attachment
  std::string_view encoded;                    ///< the body as it stands
  std::string encoding;                        ///< Content-Transfer-Encoding, lower case
  std::vector<MimePart> parts;                 ///< of a multipart

  std::string header(const std::string& name) const;  ///< empty if it is missing
  std::string body() const;                           ///< decoded: base64, quoted-printable
};

/// Reads a message or a part. Lines may end in any way; what is broken is taken as it stands.
/// Errors: kInvalidArgument if it does not begin with a header; kResourceExhausted (parts nested deeper than 32, more
/// than 10,000).
Result<MimePart> read_mime(std::string_view bytes);

/// "=?utf-8?B?...?=" and its like as text in UTF-8.
std::string decode_words(std::string_view text);

}  // namespace millpond::extract
