#include "extract/mail/mail_text.h"

namespace millpond::extract {

Status write_mail_text(const Document& text, DocumentBuilder& out) {
  for (const Element& element : text.elements) {
    if (element.kind == ElementKind::kTable) {
      out.table(read_table(element.html));
    } else if (element.kind == ElementKind::kCode) {
      out.code(element.text);
    } else {
      const int level = element.kind == ElementKind::kTitle ? element.level + 1 : element.level;
      out.add_lines(element.kind, element.text, level);
    }
  }
  return out.status();
}

}  // namespace millpond::extract
