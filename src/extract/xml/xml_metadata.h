#pragma once
#include <pugixml.hpp>

#include "extract/document_builder.h"

namespace millpond::extract {

/// Reads title, authors, dates, journal and language of JATS, DocBook and TEI into the document.
void read_xml_metadata(const pugi::xml_node& root, DocumentBuilder& out);

}  // namespace millpond::extract
