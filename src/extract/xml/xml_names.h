#pragma once
// What the elements of JATS, DocBook and TEI mean for a document.

#include <string_view>

namespace millpond::extract {

enum class XmlRole : unsigned char {
  kUnknown,
  kSection,    ///< a title and what it stands over
  kTitle,      ///< of the element around it
  kParagraph,  ///<
  kList,
  kItem,
  kTerm,  ///< of a definition list
  kTable,
  kCaption,
  kCode,
  kFormula,
  kFootnote,
  kInline,   ///< part of the text around it
  kSkipped,  ///< metadata and what only machines read
  kTex       ///< TeX of a formula
};

XmlRole xml_role(std::string_view local_name);

}  // namespace millpond::extract
