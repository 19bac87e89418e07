#pragma once
// The links of documents of Office Open XML and OpenDocument.

#include <pugixml.hpp>
#include <string>
#include <vector>

#include "extract/links.h"
#include "extract/office/package.h"

namespace millpond::extract {

/// Adds the links below a node of `part` in reading order: `hyperlink` of Word, its HYPERLINK fields, `hlinkClick` of
/// runs of text in drawings and slides, `a` of OpenDocument. Those to a bookmark are "#name". `page`: as `Links::add`.
void read_office_links(Package& package, const std::string& part, const pugi::xml_node& root, int page, Links& links);

/// The target of a HYPERLINK field's code: `HYPERLINK "https://…" \l "part"`; empty for other fields.
std::string field_target(std::string_view code);

}  // namespace millpond::extract
