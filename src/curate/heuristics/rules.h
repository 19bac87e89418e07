#pragma once
// The rules of NeMo Curator's and Data-Juicer's filters: the first in the order of its English pipeline, the second in
// the order of its operators' names.

#include <array>

#include "curate/quality/threshold_rules.h"

namespace millpond::curate {

inline constexpr auto kAtLeast = ThresholdRule::Bound::kMin;
inline constexpr auto kAtMost = ThresholdRule::Bound::kMax;

inline constexpr std::array<ThresholdRule, 31> kNemoRules = {{
    {"non_alphanumeric", "nemo_non_alnum_frac", "non_alnum_max", kAtMost},
    {"symbols_to_words", "nemo_symbol_word_frac", "symbol_words_max", kAtMost},
    {"numbers", "nemo_digit_frac", "digits_max", kAtMost},
    {"urls", "nemo_url_frac", "urls_max", kAtMost},
    {"white_space", "nemo_space_frac", "space_max", kAtMost},
    {"parentheses", "nemo_bracket_frac", "brackets_max", kAtMost},
    {"boilerplate_strings", "nemo_boilerplate_frac", "boilerplate_max", kAtMost},
    {"repeated_lines", "nemo_unique_line_frac", "unique_lines_min", kAtLeast},
    {"repeated_paragraphs", "nemo_unique_paragraph_frac", "unique_paragraphs_min", kAtLeast},
    {"repeated_lines_by_char", "nemo_unique_line_char_frac", "unique_line_chars_min", kAtLeast},
    {"repeated_paragraphs_by_char", "nemo_unique_paragraph_char_frac", "unique_paragraph_chars_min", kAtLeast},
    {"too_few_words", "nemo_words", "words_min", kAtLeast, true},
    {"too_many_words", "nemo_words", "words_max", kAtMost, true},
    {"punctuation", "nemo_unended_line_frac", "unended_lines_max", kAtMost},
    {"words_without_alphabets", "nemo_letter_word_frac", "letter_words_min", kAtLeast},
    {"common_english_words", "nemo_common_words", "common_words_min", kAtLeast, true},
    {"mean_word_too_short", "nemo_word_chars", "word_chars_min", kAtLeast},
    {"mean_word_too_long", "nemo_word_chars", "word_chars_max", kAtMost},
    {"long_word", "nemo_word_chars_most", "long_word_chars_max", kAtMost, true},
    {"ellipsis", "nemo_ellipsis_line_frac", "ellipsis_lines_max", kAtMost},
    {"top_2_gram", "nemo_top_2_gram_frac", "top_2_gram_max", kAtMost},
    {"top_3_gram", "nemo_top_3_gram_frac", "top_3_gram_max", kAtMost},
    {"top_4_gram", "nemo_top_4_gram_frac", "top_4_gram_max", kAtMost},
    {"dup_5_gram", "nemo_dup_5_gram_frac", "dup_5_gram_max", kAtMost},
    {"dup_6_gram", "nemo_dup_6_gram_frac", "dup_6_gram_max", kAtMost},
    {"dup_7_gram", "nemo_dup_7_gram_frac", "dup_7_gram_max", kAtMost},
    {"dup_8_gram", "nemo_dup_8_gram_frac", "dup_8_gram_max", kAtMost},
    {"dup_9_gram", "nemo_dup_9_gram_frac", "dup_9_gram_max", kAtMost},
    {"dup_10_gram", "nemo_dup_10_gram_frac", "dup_10_gram_max", kAtMost},
    {"bullets", "nemo_bullet_line_frac", "bullet_lines_max", kAtMost},
    {"pornographic_urls", "nemo_porn_urls", "porn_urls_max", kAtMost, true},
}};

inline constexpr std::array<ThresholdRule, 20> kJuicerRules = {{
    {"alphanumeric_too_few", "dj_alnum_frac", "alnum_min", kAtLeast},
    {"alphanumeric_too_many", "dj_alnum_frac", "alnum_max", kAtMost},
    {"average_line_too_short", "dj_line_chars", "line_chars_min", kAtLeast},
    {"average_line_too_long", "dj_line_chars", "line_chars_max", kAtMost},
    {"character_repetition", "dj_char_repetition", "char_repetition_max", kAtMost},
    {"character_repetition_too_low", "dj_char_repetition", "char_repetition_min", kAtLeast},
    {"flagged_words", "dj_flagged_word_frac", "flagged_words_max", kAtMost},
    {"maximum_line_too_short", "dj_line_chars_most", "longest_line_chars_min", kAtLeast, true},
    {"maximum_line_too_long", "dj_line_chars_most", "longest_line_chars_max", kAtMost, true},
    {"special_characters", "dj_special_frac", "special_max", kAtMost},
    {"special_characters_too_few", "dj_special_frac", "special_min", kAtLeast},
    {"stop_words_too_few", "dj_stop_word_frac", "stop_words_min", kAtLeast},
    {"stop_words_too_many", "dj_stop_word_frac", "stop_words_max", kAtMost},
    {"text_too_short", "dj_chars", "chars_min", kAtLeast, true},
    {"text_too_long", "dj_chars", "chars_max", kAtMost, true},
    {"word_repetition", "dj_word_repetition", "word_repetition_max", kAtMost},
    {"word_repetition_too_low", "dj_word_repetition", "word_repetition_min", kAtLeast},
    {"words_too_few", "dj_words", "words_min", kAtLeast, true},
    {"words_too_many", "dj_words", "words_max", kAtMost, true},
    {"flagged_words_too_few", "dj_flagged_word_frac", "flagged_words_min", kAtLeast},
}};

}  // namespace millpond::curate
