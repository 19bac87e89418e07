#include "curate/unicode/text_form.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class NormalizeText final : public Operator {
 public:
  explicit NormalizeText(std::unique_ptr<TextForm> form) : form_(std::move(form)) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      Row set = out.emit(row);
      if (text.null(row)) continue;
      MP_ASSIGN(const std::string_view normal, form_->apply(text[row]));
      set.set("text", normal).set("text_changed", normal.data() != text[row].data() || normal != text[row]);
    }
    return {};
  }

 private:
  std::unique_ptr<TextForm> form_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  TextFormRules rules;
  const std::string &form = options.text("form"), &zero_width = options.text("zero_width"),
                    &white_space = options.text("white_space");
  using Rules = TextFormRules;
  rules.form = form == "nfc"    ? Rules::Form::kNfc
               : form == "nfd"  ? Rules::Form::kNfd
               : form == "nfkc" ? Rules::Form::kNfkc
               : form == "nfkd" ? Rules::Form::kNfkd
                                : Rules::Form::kNone;
  rules.zero_width = zero_width == "keep"     ? Rules::ZeroWidth::kKeep
                     : zero_width == "spaces" ? Rules::ZeroWidth::kSpaces
                                              : Rules::ZeroWidth::kAll;
  rules.white_space = white_space == "keep"    ? Rules::WhiteSpace::kKeep
                      : white_space == "lines" ? Rules::WhiteSpace::kLines
                                               : Rules::WhiteSpace::kAll;
  rules.c1_controls = options.flag("c1_controls");
  rules.ligatures = options.flag("ligatures");
  rules.width = options.flag("width");
  rules.straight_quotes = options.text("quotes") == "straight";
  rules.line_breaks = options.text("line_breaks") == "unix";
  rules.terminal_escapes = options.flag("terminal_escapes");
  rules.controls = options.flag("controls");
  MP_ASSIGN(auto text_form, TextForm::make(rules));
  return std::make_unique<NormalizeText>(std::move(text_form));
}

}  // namespace

MILLPOND_OPERATOR(normalize_text) = {
    .name = "normalize_text",
    .summary =
        "Brings texts into one form: Unicode's normal forms, line breaks, control characters, quotes, white space. "
        "With the defaults what ftfy does, without guessing encodings (`repair_text` does) and HTML.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"text_changed", boolean()}},
    .rewrites = {{"text", utf8()}},
    .options = {Option("form", "nfc", "Unicode's normal form; nfkc also changes what looks different: ³ becomes 3.")
                    .one_of({"none", "nfc", "nfd", "nfkc", "nfkd"}),
                Option("line_breaks", "unix", "`unix`: \\n for \\r\\n, \\r, U+2028, U+2029 and U+0085.")
                    .one_of({"keep", "unix"}),
                {"controls", true,
                 "Take out control characters but tab, line feed, form feed and carriage return; U+FEFF; U+FFF9 to "
                 "U+FFFC."},
                {"terminal_escapes", true, "Take out what colours text on terminals."},
                {"c1_controls", true, "U+0080 to U+009F as windows-1252 has them, like browsers."},
                Option("quotes", "keep", "`straight`: ' and \" for curly ones.").one_of({"keep", "straight"}),
                {"ligatures", false, "Letters for ligatures of Latin ones."},
                {"width", false, "Usual forms for fullwidth and halfwidth ones."},
                Option("zero_width", "keep",
                       "Take out `spaces` and hyphens without width; `all`: joiners and marks of direction as well, "
                       "which scripts and emoji need.")
                    .one_of({"keep", "spaces", "all"}),
                Option("white_space", "keep",
                       "`lines`: one blank for runs of it, none at the ends of lines, at most one empty line; `all`: "
                       "one blank for line breaks, too.")
                    .one_of({"keep", "lines", "all"})},
    .make = make,
};

}  // namespace millpond::curate
