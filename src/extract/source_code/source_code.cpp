// Source code as a document.

#include "millpond/extract/source_code.h"

#include "extract/document_builder.h"
#include "extract/source_code/units.h"
#include "extract/text/encoding.h"

namespace millpond::extract {
namespace {

/// Lines as they stand. Blank ones at both ends go.
std::string text_of(const std::vector<SourceLine>& lines, std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t i = begin; i < end; ++i) out.append(lines[i].whole).append("\n");
  return out;
}

void write(const std::vector<SourceLine>& lines, const std::vector<CodeUnit>& units, int level, DocumentBuilder& out) {
  for (const CodeUnit& unit : units) {
    if (!unit.name.empty()) out.title(level, unit.name);
    if (unit.inner.empty())
      out.code(text_of(lines, unit.begin, unit.end));
    else
      write(lines, unit.inner, level + 1, out);
  }
}

Result<Document> parse(std::string_view bytes, const Limits& limits,
                       std::vector<CodeUnit> (*cut)(const std::vector<SourceLine>&)) {
  MP_TRY(check_input(bytes, limits));
  Decoded source;
  decode_text(bytes, {}, source);
  const std::vector<SourceLine> lines = source_lines(source.text);
  DocumentBuilder out(limits);
  write(lines, cut(lines), 1, out);
  MP_ASSIGN(Document document, out.finish());
  document.title.clear();  // the first function is not what the file is about
  return document;
}

}  // namespace

Result<Document> parse_python(std::string_view bytes, const Limits& limits) {
  return parse(bytes, limits, python_units);
}
Result<Document> parse_brace_code(std::string_view bytes, const Limits& limits) {
  return parse(bytes, limits, brace_units);
}
Result<Document> parse_end_code(std::string_view bytes, const Limits& limits) {
  return parse(bytes, limits, end_units);
}

}  // namespace millpond::extract
