#pragma once
#include "extract/document_builder.h"

namespace millpond::extract {

/// Writes the text of a message below its subject: titles one level down. Returns the builder's status.
Status write_mail_text(const Document& text, DocumentBuilder& out);

}  // namespace millpond::extract
