// Addresses of cryptocurrencies, by their checksums.

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "curate/pii/check_digits.h"
#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view kWalletWords[] = {"ethereum", "eth", "ether", "wallet", "address", "donate", "erc"};

/// Keccak-256 of up to 135 bytes, as Ethereum has it (before NIST changed the padding).
std::array<unsigned char, 32> keccak_256(std::string_view text) {
  std::array<std::uint64_t, 25> state{};
  std::array<unsigned char, 136> block{};
  std::memcpy(block.data(), text.data(), text.size());
  block[text.size()] ^= 0x01;
  block[135] ^= 0x80;
  std::memcpy(state.data(), block.data(), block.size());
  unsigned char bits = 1;  // the round constants come out of a shift register
  for (int round = 0; round < 24; ++round) {
    std::array<std::uint64_t, 5> columns{};
    for (std::size_t i = 0; i < 25; ++i) columns[i % 5] ^= state[i];
    for (std::size_t i = 0; i < 25; ++i) state[i] ^= columns[(i + 4) % 5] ^ std::rotl(columns[(i + 1) % 5], 1);
    std::size_t x = 1, y = 0;
    std::uint64_t moved = state[1];
    for (int t = 0; t < 24; ++t) {
      const std::size_t next = (2 * x + 3 * y) % 5;
      x = y, y = next;
      moved = std::exchange(state[x + 5 * y], std::rotl(moved, (t + 1) * (t + 2) / 2 % 64));
    }
    for (std::size_t row = 0; row < 25; row += 5) {
      std::array<std::uint64_t, 5> old{};
      std::copy_n(state.begin() + static_cast<std::ptrdiff_t>(row), 5, old.begin());
      for (std::size_t i = 0; i < 5; ++i) state[row + i] = old[i] ^ (~old[(i + 1) % 5] & old[(i + 2) % 5]);
    }
    for (int i = 0; i < 7; ++i) {
      if (bits & 1) state[0] ^= std::uint64_t{1} << ((1 << i) - 1);
      bits = static_cast<unsigned char>(bits << 1 ^ (bits >> 7) * 0x71);
    }
  }
  std::array<unsigned char, 32> out{};
  std::memcpy(out.data(), state.data(), out.size());
  return out;
}

}  // namespace

bool base58check_holds(std::string_view text) {
  std::array<unsigned char, 25> bytes{};
  for (const char c : text) {
    const std::size_t digit = kBase58.find(c);
    if (digit == std::string_view::npos) return false;
    std::uint32_t carry = static_cast<std::uint32_t>(digit);
    for (std::size_t i = bytes.size(); i-- > 0;) {
      carry += bytes[i] * 58u;
      bytes[i] = static_cast<unsigned char>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  std::array<unsigned char, 32> once{}, twice{};
  SHA256(bytes.data(), 21, once.data());
  SHA256(once.data(), once.size(), twice.data());
  return std::equal(twice.begin(), twice.begin() + 4, bytes.begin() + 21);
}

bool segwit_holds(std::string_view text) {
  const std::size_t split = text.rfind('1');
  if (split == std::string_view::npos || split == 0 || text.size() - split < 8) return false;
  constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  std::uint32_t check = 1;
  const auto absorb = [&](std::uint32_t value) {
    const std::uint32_t top = check >> 25;
    check = (check & 0x1ffffff) << 5 ^ value;
    for (std::size_t i = 0; i < 5; ++i) check ^= (top >> i & 1) != 0 ? kGenerator[i] : 0;
  };
  for (const char c : text.substr(0, split)) absorb(static_cast<unsigned char>(c) >> 5);
  absorb(0);
  for (const char c : text.substr(0, split)) absorb(static_cast<unsigned char>(c) & 31);
  for (const char c : text.substr(split + 1)) {
    const std::size_t value = kBech32.find(c);
    if (value == std::string_view::npos) return false;
    absorb(static_cast<std::uint32_t>(value));
  }
  return check == (text[split + 1] == 'q' ? 1u : 0x2bc830a3u);
}

bool eip55_holds(std::string_view hex) {
  std::array<char, 40> small{};
  std::transform(hex.begin(), hex.end(), small.begin(), lower);
  const auto hash = keccak_256({small.data(), small.size()});
  for (std::size_t i = 0; i < 40; ++i) {
    const int nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
    if (is_letter(hex[i]) && is_upper(hex[i]) != (nibble >= 8)) return false;
  }
  return true;
}

void find_crypto_address(PiiText& text, std::size_t begin, std::size_t end) {
  const std::size_t size = end - begin;
  if (!text.wants(PiiKind::kCryptoAddress) || size < 26 || size > 90) return;
  if (is_wordy(text.before(begin)) || is_wordy(text[end])) return;
  const std::string_view word = text.part(begin, end);
  if ((word[0] == '1' || word[0] == '3') && size <= 35) {
    if (base58check_holds(word)) text.add(begin, end, PiiKind::kCryptoAddress, 0.99);
  } else if (word.starts_with("bc1") && (size == 42 || size == 62)) {
    if (segwit_holds(word)) text.add(begin, end, PiiKind::kCryptoAddress, 0.99);
  } else if (word.starts_with("0x") && size == 42 && std::all_of(word.begin() + 2, word.end(), is_hex)) {
    const std::string_view hex = word.substr(2);
    const bool big = std::any_of(hex.begin(), hex.end(), is_upper);
    const bool small = std::any_of(hex.begin(), hex.end(), [](char c) { return c >= 'a'; });
    const bool named = text.mentions(begin, kWalletWords);
    if (big && small) {
      if (eip55_holds(hex)) text.add(begin, end, PiiKind::kCryptoAddress, 0.99);
    } else {
      text.add(begin, end, PiiKind::kCryptoAddress, named ? 0.9 : 0.4);
    }
  }
}

}  // namespace millpond::curate
