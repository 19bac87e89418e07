#pragma once
// What a question is answered from.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millpond::ask {

/// A chunk that was found, as the index shows it.
struct Passage {
  std::string row;       ///< `_row` of the chunk, 32 hexadecimal digits: what a citation names
  std::string document;  ///< `_row` of the document version that it is from
  std::string text, uri, title;
  std::vector<std::string> heading_path;  ///< titles above it, outermost first
  std::vector<std::uint32_t> titles;      ///< where titles begin in `text`, when it joins sections. Units: bytes
  std::int64_t ordinal = 0;               ///< place among the chunks of its document
  int first_page = 0, last_page = 0;      ///< 0 where the format has no pages
  /// Where words of the query stand in `text`, if they were asked for. Units: bytes, from and to
  std::vector<std::pair<std::uint32_t, std::uint32_t>> marks;
  std::string before, after;                 ///< the chunks around it, if they were asked for
  std::vector<std::string> columns;          ///< texts of the columns that were asked for; empty where there is none
  double score = 0;                          ///< comparable within one query
  double words_score = 0, vector_score = 0;  ///< BM25, and cosine with the question; 0 if not a candidate of that leg
  double feedback_score = 0;                 ///< 0..1: how like the first passages it is
  double rerank_score = 0;                   ///< by the reranker; its scale is the reranker's own
  int found_rank = 0;                        ///< from 1: before reranking; 0 if nothing was reranked
  int words_rank = 0, vector_rank = 0;       ///< from 1; 0 if not a candidate of that leg
};

/// The titles above one place of the passage, outermost first: nearer than `heading_path` where sections were joined.
/// Units: `at` is bytes in `text`.
std::vector<std::string> section_at(const Passage& passage, std::uint32_t at);

}  // namespace millpond::ask
