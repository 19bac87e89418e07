#include <cmath>

#include "curate/code/code_meter.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class CodeOperator final : public Operator {
 public:
  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text"), uri = in.utf8("uri");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      const CodeLanguage* language = uri.null(row) ? nullptr : code_language_of(uri[row]);
      const CodeSignals found = code_signals_of(text[row], language);
      Row set = out.emit(row);
      if (language) set.set("code_language", language->name);
      if (!found.license.empty()) set.set("license", found.license);
      set.set("code_lines", found.lines).set("code_line_chars_most", found.line_chars_most);
      set.set("code_line_chars", found.line_chars).set("code_alnum_frac", found.alnum_frac);
      set.set("code_alpha_frac", found.alpha_frac);
      if (!std::isnan(found.comment_frac)) set.set("code_comment_frac", found.comment_frac);
      if (!std::isnan(found.html_text_frac)) set.set("code_html_text_frac", found.html_text_frac);
      const auto flag = [&](std::string_view name, bool value) { set.set(name, std::int64_t{value}); };
      flag("code_xml_header", found.xml_header && !(language && language->name == "xml"));
      flag("code_generated", found.generated);
      flag("code_test", !uri.null(row) && is_test_path(uri[row]));
      flag("code_config", !uri.null(row) && is_config_path(uri[row]));
      flag("code_vendored", !uri.null(row) && is_vendored_path(uri[row]));
    }
    return {};
  }
};

}  // namespace

MILLPOND_OPERATOR(code_signals) = {
    .name = "code_signals",
    .summary =
        "Measures source code as NeMo Curator, StarCoder and The Stack do: lines, letters, comments, text in HTML, "
        "generated and vendored files; language by the name in `uri`, licence by SPDX. `code_quality` reads these "
        "columns.",
    .version = 1,
    .reads = {{"text", utf8()}, {"uri", utf8()}},
    .adds = {{"code_language", utf8()},
             {"license", utf8()},
             {"code_lines", int64()},
             {"code_line_chars_most", int64()},
             {"code_line_chars", float64()},
             {"code_alnum_frac", float64()},
             {"code_alpha_frac", float64()},
             {"code_comment_frac", float64()},
             {"code_html_text_frac", float64()},
             {"code_xml_header", int64()},
             {"code_generated", int64()},
             {"code_test", int64()},
             {"code_config", int64()},
             {"code_vendored", int64()}},
    .options = {},
    .make = [](const Options&) -> Result<std::unique_ptr<Operator>> { return std::make_unique<CodeOperator>(); },
};

}  // namespace millpond::curate
