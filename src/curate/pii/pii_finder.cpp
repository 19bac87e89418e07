#include "curate/pii/pii_finder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <map>

#include "curate/pii/pii_text.h"

namespace millpond::curate {
namespace {

/// Goes through the marked bytes of a text in order.
class Walk {
 public:
  Walk(PiiText text, const PiiKindSet& kinds) : text_(text) {
    const auto any = [&](std::string_view group) {
      return std::any_of(pii_kinds().begin(), pii_kinds().end(), [&](const PiiKindInfo& info) {
        return info.group == group && kinds[static_cast<std::size_t>(info.kind)];
      });
    };
    secrets_ = any("secret");
  }

  void digit(std::size_t at) {
    if (at < word_end_) return;
    std::size_t begin = at, end = at;
    while (begin > word_end_ && is_alnum(text_[begin - 1])) --begin;
    while (is_alnum(text_[end])) ++end;
    word_end_ = end;
    if (begin + 1 == at && text_.after_escape(at)) begin = at;
    if (begin == at) {  // begins with a digit
      find_birth_date(text_, begin);
      if (text_[begin + 1] == '.' || text_[begin + 2] == '.' || text_[begin + 3] == '.') find_coordinates(text_, begin);
    }
    bool letters = begin < at;
    for (std::size_t i = at; i < end && !letters; ++i) letters = !is_digit(text_[i]);
    if (letters) {
      if (begin == at) find_street_address(text_, read_number_run(text_, begin));
      return mixed(begin, end);
    }
    number(begin, end);
  }

  void mark(std::size_t at) {
    if (text_[at] == '@') {
      find_email(text_, at);
      if (secrets_) find_url_password(text_, at);
      return;
    }
    if (text_[at] == ':' && at >= address_end_) {
      if (is_hex(text_.before(at)) || text_[at + 1] == ':') {
        find_ipv6_or_mac(text_, at);
        // The rest of this run of groups was looked at.
        address_end_ = at;
        while (is_hex(text_[address_end_]) || text_[address_end_] == ':') ++address_end_;
      }
    }
    if (secrets_) find_assigned_secret(text_, at);
  }

  void token(std::size_t begin) {
    std::size_t end = begin;
    while (is_alnum(text_[end]) || text_[end] == '-' || text_[end] == '_') ++end;
    if (secrets_) find_token(text_, begin, end);
  }

  void dashes(std::size_t at) { find_private_key(text_, at); }

 private:
  void mixed(std::size_t begin, std::size_t end) {
    find_national_code(text_, begin, end);
    find_iban(text_, begin, end);
    find_crypto_address(text_, begin, end);
    find_passport(text_, begin, end);
    if (end - begin == 2 && (text_[end] == '-' || text_.before(begin) == '-')) find_mac_with_hyphens(text_, begin);
  }

  void number(std::size_t begin, std::size_t end) {
    const NumberRun run = read_number_run(text_, begin);
    find_street_address(text_, run);
    find_phone(text_, run);
    find_ipv4(text_, run);
    find_card(text_, run);
    find_national_number(text_, run);
    find_passport(text_, begin, end);
    if (end - begin == 2 && (text_[end] == '-' || text_.before(begin) == '-')) find_mac_with_hyphens(text_, begin);
  }

  PiiText text_;
  bool secrets_ = false;
  std::size_t word_end_ = 0, address_end_ = 0;
};

constexpr std::size_t kTokenSize = 20, kDashes = 5;

/// Bits at which a run of set bits reaches `size`, over two words of which the second is asked for.
std::uint64_t reaching(std::uint64_t before, std::uint64_t now, std::size_t size) {
  auto bits = static_cast<unsigned __int128>(now) << 64 | before;
  std::size_t have = 1;
  while (have < size) {
    const std::size_t step = std::min(have, size - have);
    bits &= bits << step;
    have += step;
  }
  return static_cast<std::uint64_t>((bits & ~(bits << 1)) >> 64);
}

bool beats(const PiiFinding& a, const PiiFinding& b) {
  if (a.confidence != b.confidence) return a.confidence > b.confidence;
  if (a.end - a.begin != b.end - b.begin) return a.end - a.begin > b.end - b.begin;
  return a.begin != b.begin ? a.begin < b.begin : a.kind < b.kind;
}

}  // namespace

const std::vector<PiiFinding>& PiiFinder::find(std::string_view text) {
  found_.clear();
  Walk walk(PiiText(text, kinds_, found_), kinds_);
  PiiBytes before;
  std::uint64_t before_words = 0;
  for (std::size_t block = 0; block < text.size(); block += 64) {
    PiiBytes now;
    if (block + 64 <= text.size()) {
      now = kernel_.classes(text.data() + block);
    } else {
      std::array<char, 64> rest{};
      std::memcpy(rest.data(), text.data() + block, text.size() - block);
      now = kernel_.classes(rest.data());
    }
    const std::uint64_t words = now.letters | now.digits | now.hyphens | now.underscores;
    const std::uint64_t numbers = now.digits & ~(now.digits << 1 | before.digits >> 63);
    const std::uint64_t tokens = reaching(before_words, words, kTokenSize);
    const std::uint64_t dashes = reaching(before.hyphens, now.hyphens, kDashes);
    for (std::uint64_t left = numbers | now.marks | tokens | dashes; left != 0; left &= left - 1) {
      const std::uint64_t bit = left & (~left + 1);
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(left));
      if (numbers & bit) walk.digit(at);
      if (now.marks & bit) walk.mark(at);
      if (tokens & bit) walk.token(at + 1 - kTokenSize);
      if (dashes & bit) walk.dashes(at + 1 - kDashes);
    }
    before = now, before_words = words;
  }
  resolve();
  return kept_;
}

void PiiFinder::resolve() {
  std::erase_if(found_, [&](const PiiFinding& each) { return each.confidence < confidence_min_; });
  kept_.clear();
  std::sort(found_.begin(), found_.end(), [](const PiiFinding& a, const PiiFinding& b) { return a.begin < b.begin; });
  // Findings that hang together by overlaps are settled among themselves.
  for (std::size_t first = 0; first < found_.size();) {
    std::size_t last = first, end = 0;
    for (; last < found_.size() && (last == first || found_[last].begin < end); ++last) {
      end = std::max(end, found_[last].end);
    }
    const auto begin = found_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, found_.begin() + static_cast<std::ptrdiff_t>(last), beats);
    std::map<std::size_t, std::size_t> taken;  // begin, end
    for (std::size_t i = first; i < last; ++i) {
      const PiiFinding& each = found_[i];
      const auto after = taken.lower_bound(each.begin);
      if (after != taken.end() && after->first < each.end) continue;
      if (after != taken.begin() && std::prev(after)->second > each.begin) continue;
      taken.emplace(each.begin, each.end);
      kept_.push_back(each);
    }
    first = last;
  }
  std::sort(kept_.begin(), kept_.end(), [](const PiiFinding& a, const PiiFinding& b) { return a.begin < b.begin; });
}

}  // namespace millpond::curate
