// The filters of NeMo Curator and Data-Juicer over the columns of their signals.

#include "curate/heuristics/rules.h"

namespace millpond::curate {

MILLPOND_OPERATOR(nemo_quality) = {
    .name = "nemo_quality",
    .summary =
        "Drops rows that break a rule of NeMo Curator's English heuristic filters. Reads the columns of "
        "`nemo_signals`.",
    .version = 1,
    .reads = rule_columns(kNemoRules),
    .adds = {},
    .options = {{"non_alnum_max", 0.25,
                 "Fraction of characters other than A-Z, a-z, 0-9, line break and ?!,. 0 switches a rule off."},
                {"symbol_words_max", 0.1, "Fraction of words that are an ellipsis or mostly `#`. Gopher."},
                {"digits_max", 0.15, "Fraction of characters that are digits."},
                {"urls_max", 0.2, "Fraction of the text in web addresses."},
                {"space_max", 0.25, "Fraction of characters that are white space."},
                {"brackets_max", 0.1, "Fraction of characters that are brackets."},
                {"boilerplate_max", 0.4, "Fraction of paragraphs on cookies, privacy and terms of use. After C4."},
                {"unique_lines_min", 0.7, "Different lines of all lines. Gopher."},
                {"unique_paragraphs_min", 0.7, "Likewise paragraphs."},
                {"unique_line_chars_min", 0.8, "Characters in different lines of those in all lines. Gopher."},
                {"unique_paragraph_chars_min", 0.8, "Likewise paragraphs."},
                {"words_min", 50, "Words, parted by white space. Gopher."},
                {"words_max", 100000, "Likewise."},
                {"unended_lines_max", 0.85, "Fraction of lines that do not end in . ? ! or a quote. C4."},
                {"letter_words_min", 0.8, "Fraction of words with a letter. Gopher."},
                {"common_words_min", 2, "How often `the`, `be`, `to`, `of`, `and`, `that`, `have`, `with` occur."},
                {"word_chars_min", 3.0, "Mean length of a word in code points. Gopher."},
                {"word_chars_max", 10.0, "Likewise."},
                {"long_word_chars_max", 1000, "Length of the longest word. C4."},
                {"ellipsis_lines_max", 0.3, "Fraction of lines that end in an ellipsis or `read more`. Gopher."},
                {"top_2_gram_max", 0.2, "Fraction of the text that the most frequent two words cover. Gopher."},
                {"top_3_gram_max", 0.18, "Likewise three words."},
                {"top_4_gram_max", 0.16, "Likewise four words."},
                {"dup_5_gram_max", 0.15, "Fraction of the text in rows of five words that came before. Gopher."},
                {"dup_6_gram_max", 0.14, "Likewise six words."},
                {"dup_7_gram_max", 0.13, "Likewise seven words."},
                {"dup_8_gram_max", 0.12, "Likewise eight words."},
                {"dup_9_gram_max", 0.11, "Likewise nine words."},
                {"dup_10_gram_max", 0.10, "Likewise ten words."},
                {"bullet_lines_max", 0.9, "Fraction of lines that begin with a bullet. Gopher."},
                {"porn_urls_max", 0.0,
                 "Web addresses with `porn` in them. Not in NeMo's English pipeline, so off; 0.5 drops any."}},
    .make = threshold_filter<kNemoRules>,
};

MILLPOND_OPERATOR(data_juicer_quality) = {
    .name = "data_juicer_quality",
    .summary =
        "Drops rows that break a rule of Data-Juicer's text filters, at its defaults. Reads the columns of "
        "`data_juicer_signals`.",
    .version = 1,
    .reads = rule_columns(kJuicerRules),
    .adds = {},
    .options = {{"alnum_min", 0.25, "alphanumeric_filter: fraction of letters and numbers. 0 switches a rule off."},
                {"alnum_max", 0.0, "Likewise."},
                {"line_chars_min", 10.0, "average_line_length_filter: code points to a line."},
                {"line_chars_max", 0.0, "Likewise."},
                {"char_repetition_max", 0.5, "character_repetition_filter: of rows of characters, the repeated part."},
                {"char_repetition_min", 0.0, "Likewise."},
                {"flagged_words_max", 0.045, "flagged_words_filter: fraction of words that are in that list."},
                {"flagged_words_min", 0.0, "Likewise."},
                {"longest_line_chars_min", 10, "maximum_line_length_filter: code points of the longest line."},
                {"longest_line_chars_max", 0, "Likewise."},
                {"special_max", 0.25, "special_characters_filter: fraction of marks, digits, white space, emoji."},
                {"special_min", 0.0, "Likewise."},
                {"stop_words_min", 0.3, "stopwords_filter: fraction of words that are in that list."},
                {"stop_words_max", 0.0, "Likewise; Data-Juicer's 1.0 lets all pass."},
                {"chars_min", 10, "text_length_filter: code points."},
                {"chars_max", 0, "Likewise."},
                {"word_repetition_max", 0.5, "word_repetition_filter: of rows of words, those that come again."},
                {"word_repetition_min", 0.0, "Likewise."},
                {"words_min", 10, "words_num_filter: words that are not special characters alone."},
                {"words_max", 0, "Likewise."}},
    .make = threshold_filter<kJuicerRules>,
};

}  // namespace millpond::curate
