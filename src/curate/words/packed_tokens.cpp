#include "curate/words/packed_tokens.h"

namespace millpond::curate {
namespace {

constexpr std::uint8_t kLonger = 255;  // eight bytes follow

void put(std::size_t number, std::vector<std::uint8_t>& out) {
  if (number < kLonger) return out.push_back(static_cast<std::uint8_t>(number));
  out.push_back(kLonger);
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

}  // namespace

void PackedTokens::add(std::size_t offset, const std::vector<WordToken>& tokens) {
  if (tokens.empty()) return;
  std::vector<std::uint8_t> piece;
  piece.reserve(2 * tokens.size() + 64);
  for (const WordToken& token : tokens) {
    put(offset + token.begin - at_, piece);
    put(token.end - token.begin, piece);
    at_ = offset + token.end;
  }
  piece.shrink_to_fit();
  pieces_.push_back(std::move(piece));
  count_ += tokens.size();
}

std::size_t PackedTokens::Reader::number() {
  const std::vector<std::uint8_t>& piece = tokens_.pieces_[piece_];
  const std::uint8_t first = piece[byte_++];
  if (first != kLonger) return first;
  std::size_t number = 0;
  for (int shift = 0; shift < 64; shift += 8) number |= std::size_t{piece[byte_++]} << shift;
  return number;
}

bool PackedTokens::Reader::next(std::string_view& word) {
  if (piece_ == tokens_.pieces_.size()) return false;
  at_ += number();
  const std::size_t size = number();
  word = text_.substr(at_, size);
  at_ += size;
  if (byte_ == tokens_.pieces_[piece_].size()) ++piece_, byte_ = 0;
  return true;
}

}  // namespace millpond::curate
