// The filters of Gopher and FineWeb over the columns of their signals.

#include "curate/quality/rules.h"

namespace millpond::curate {

MILLPOND_OPERATOR(gopher_quality) = {
    .name = "gopher_quality",
    .summary = "Drops rows that break a quality rule of the Gopher paper. Reads the columns of `gopher_signals`.",
    .version = 1,
    .reads = rule_columns(kGopherQualityRules),
    .adds = {},
    .options = {{"words_min", 50, "Words that are not punctuation alone. 0 switches a rule off."},
                {"words_max", 100000, "Likewise."},
                {"word_chars_min", 3.0, "Their mean length in code points."},
                {"word_chars_max", 10.0, "Likewise."},
                {"symbol_ratio_max", 0.1, "`#` to a word, and ellipses to a word."},
                {"bullet_lines_max", 0.9, "Fraction of lines that begin with a bullet or a hyphen."},
                {"ellipsis_lines_max", 0.3, "Fraction of lines that end with an ellipsis."},
                {"letter_words_min", 0.8, "Fraction of words with a letter."},
                {"stop_words_min", 2, "Different stop words that occur."}},
    .make = threshold_filter<kGopherQualityRules>,
};

MILLPOND_OPERATOR(gopher_repetition) = {
    .name = "gopher_repetition",
    .summary = "Drops rows that repeat themselves by the Gopher paper's rules. Reads the columns of `gopher_signals`.",
    .version = 1,
    .reads = rule_columns(kGopherRepetitionRules),
    .adds = {},
    .options = {{"dup_para_frac_max", 0.3, "Fraction of paragraphs that came before. 0 switches a rule off."},
                {"dup_para_char_frac_max", 0.2, "Fraction of the text in such paragraphs."},
                {"dup_line_frac_max", 0.3, "Fraction of lines that came before."},
                {"dup_line_char_frac_max", 0.2, "Fraction of the text in such lines."},
                {"top_2_gram_max", 0.2, "Fraction of the text that the most frequent two words cover."},
                {"top_3_gram_max", 0.18, "Likewise three words."},
                {"top_4_gram_max", 0.16, "Likewise four words."},
                {"dup_5_gram_max", 0.15, "Fraction of the text in rows of five words that came before."},
                {"dup_6_gram_max", 0.14, "Likewise six words."},
                {"dup_7_gram_max", 0.13, "Likewise seven words."},
                {"dup_8_gram_max", 0.12, "Likewise eight words."},
                {"dup_9_gram_max", 0.11, "Likewise nine words."},
                {"dup_10_gram_max", 0.10, "Likewise ten words."}},
    .make = threshold_filter<kGopherRepetitionRules>,
};

MILLPOND_OPERATOR(fineweb_quality) = {
    .name = "fineweb_quality",
    .summary = "Drops rows that break a rule of FineWeb. Reads the columns of `fineweb_signals`.",
    .version = 1,
    .reads = rule_columns(kFinewebRules),
    .adds = {},
    .options = {{"lines_min", 1, "Lines that are not empty. 0 switches a rule off."},
                {"line_punct_min", 0.12, "Fraction of lines that end with a terminal mark."},
                {"short_lines_max", 0.67, "Fraction of short lines."},
                {"line_char_dup_max", 0.01, "Fraction of the text in lines that came before."},
                {"newline_word_max", 0.3, "Line breaks to a word."}},
    .make = threshold_filter<kFinewebRules>,
};

}  // namespace millpond::curate
