// The filter over the columns of `code_signals`.

#include <array>

#include "curate/quality/threshold_rules.h"

namespace millpond::curate {
namespace {

constexpr auto kMost = ThresholdRule::Bound::kMax;
constexpr auto kLeast = ThresholdRule::Bound::kMin;

constexpr std::array<ThresholdRule, 14> kCodeRules = {{
    {"too_few_lines", "code_lines", "lines_min", kLeast, true},
    {"too_many_lines", "code_lines", "lines_max", kMost, true},
    {"long_line", "code_line_chars_most", "longest_line_chars_max", kMost, true},
    {"long_lines", "code_line_chars", "line_chars_max", kMost},
    {"few_alphanumeric", "code_alnum_frac", "alnum_min", kLeast},
    {"few_letters", "code_alpha_frac", "alpha_min", kLeast},
    {"few_comments", "code_comment_frac", "comments_min", kLeast},
    {"only_comments", "code_comment_frac", "comments_max", kMost},
    {"html_boilerplate", "code_html_text_frac", "html_text_min", kLeast},
    {"xml_header", "code_xml_header", "xml_header_max", kMost, true},
    {"generated", "code_generated", "generated_max", kMost, true},
    {"vendored", "code_vendored", "vendored_max", kMost, true},
    {"test", "code_test", "test_max", kMost, true},
    {"config", "code_config", "config_max", kMost, true},
}};

}  // namespace

MILLPOND_OPERATOR(code_quality) = {
    .name = "code_quality",
    .summary = "Drops source code that breaks a rule of StarCoder, The Stack or NeMo Curator. Reads `code_signals`.",
    .version = 1,
    .reads = rule_columns(kCodeRules),
    .adds = {},
    .options = {{"lines_min", 10, "Lines. NeMo Curator. 0 switches a rule off."},
                {"lines_max", 20000, "Likewise."},
                {"longest_line_chars_max", 1000, "Code points of the longest line. StarCoder, The Stack."},
                {"line_chars_max", 100.0, "Their mean. StarCoder, The Stack."},
                {"alnum_min", 0.25, "Fraction of letters A-Z, digits, line breaks and ?!,. The Stack."},
                {"alpha_min", 0.25, "Fraction of letters: catches tables of numbers. StarCoder."},
                {"comments_min", 0.01, "Fraction of the text in comments. StarCoder, NeMo Curator."},
                {"comments_max", 0.8, "Likewise. StarCoder; 0.85 in NeMo Curator."},
                {"html_text_min", 0.2,
                 "Of HTML: fraction of text that can be read; 100 characters at least. StarCoder."},
                {"xml_header_max", 0.5, "0.5: drop what begins like XML under another name. StarCoder."},
                {"generated_max", 0.5, "0.5: drop files whose first lines say that a program wrote them."},
                {"vendored_max", 0.5, "0.5: drop copies of other projects, and minified files, by their path."},
                {"test_max", 0.0, "0.5: drop tests, by their path."},
                {"config_max", 0.0, "0.5: drop configuration, by its name."}},
    .make = threshold_filter<kCodeRules>,
};

}  // namespace millpond::curate
