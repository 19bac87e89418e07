#pragma once
// The rules of the filters, in the order in which datatrove checks them and with its reasons.

#include <array>

#include "curate/quality/threshold_rules.h"

namespace millpond::curate {

inline constexpr auto kMin = ThresholdRule::Bound::kMin;
inline constexpr auto kMax = ThresholdRule::Bound::kMax;

inline constexpr std::array<ThresholdRule, 10> kGopherQualityRules = {{
    {"gopher_short_doc", "content_words", "words_min", kMin, true},
    {"gopher_long_doc", "content_words", "words_max", kMax, true},
    {"gopher_below_avg_threshold", "content_word_chars", "word_chars_min", kMin},
    {"gopher_above_avg_threshold", "content_word_chars", "word_chars_max", kMax},
    {"gopher_too_many_hashes", "hash_ratio", "symbol_ratio_max", kMax},
    {"gopher_too_many_ellipsis", "ellipsis_ratio", "symbol_ratio_max", kMax},
    {"gopher_too_many_bullets", "bullet_line_frac", "bullet_lines_max", kMax},
    {"gopher_too_many_end_ellipsis", "ellipsis_line_frac", "ellipsis_lines_max", kMax},
    {"gopher_below_alpha_threshold", "letter_word_frac", "letter_words_min", kMin},
    {"gopher_enough_stop_words", "stop_words", "stop_words_min", kMin, true},
}};

inline constexpr std::array<ThresholdRule, 13> kGopherRepetitionRules = {{
    {"dup_para_frac", "dup_para_frac", "dup_para_frac_max", kMax},
    {"dup_para_char_frac", "dup_para_char_frac", "dup_para_char_frac_max", kMax},
    {"dup_line_frac", "dup_line_frac", "dup_line_frac_max", kMax},
    {"dup_line_char_frac", "dup_line_char_frac", "dup_line_char_frac_max", kMax},
    {"top_2_gram", "top_2_gram_frac", "top_2_gram_max", kMax},
    {"top_3_gram", "top_3_gram_frac", "top_3_gram_max", kMax},
    {"top_4_gram", "top_4_gram_frac", "top_4_gram_max", kMax},
    {"duplicated_5_n_grams", "dup_5_gram_frac", "dup_5_gram_max", kMax},
    {"duplicated_6_n_grams", "dup_6_gram_frac", "dup_6_gram_max", kMax},
    {"duplicated_7_n_grams", "dup_7_gram_frac", "dup_7_gram_max", kMax},
    {"duplicated_8_n_grams", "dup_8_gram_frac", "dup_8_gram_max", kMax},
    {"duplicated_9_n_grams", "dup_9_gram_frac", "dup_9_gram_max", kMax},
    {"duplicated_10_n_grams", "dup_10_gram_frac", "dup_10_gram_max", kMax},
}};

inline constexpr std::array<ThresholdRule, 5> kFinewebRules = {{
    {"empty", "content_lines", "lines_min", kMin, true},
    {"line_punct_ratio", "line_punct_frac", "line_punct_min", kMin},
    {"short_line_ratio", "short_line_frac", "short_lines_max", kMax},
    {"char_dup_ratio", "line_char_dup_frac", "line_char_dup_max", kMax},
    {"list_ratio", "newline_word_ratio", "newline_word_max", kMax},
}};

}  // namespace millpond::curate
