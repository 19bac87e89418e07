#include "curate/urls/url_lists.h"

#include <unicode/uidna.h>
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "curate/urls/list_files.h"
#include "curate/urls/normal_url.h"

namespace millpond::curate {
namespace {

constexpr std::size_t kListsMax = 65535;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }
bool is_word_char(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }

/// Where the host begins: behind "https://" or "//"; a scheme has letters, digits, `+`, `-` and `.`.
std::size_t authority_begin(std::string_view url) {
  const std::size_t slashes = url.find("//");
  if (slashes == std::string_view::npos) return 0;
  if (slashes == 0) return 2;
  if (url[slashes - 1] != ':') return 0;
  const auto in_scheme = [](char c) { return is_word_char(c) || c == '+' || c == '-' || c == '.'; };
  const std::string_view scheme = url.substr(0, slashes - 1);
  return std::all_of(scheme.begin(), scheme.end(), in_scheme) ? slashes + 2 : 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

/// In ASCII, as browsers ask for it (UTS 46). What has no such form stays.
std::string punycode(std::string host) {
  UErrorCode failed = U_ZERO_ERROR;
  UIDNA* idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &failed);
  if (U_FAILURE(failed)) return host;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::string ascii(host.size() * 4 + 64, '\0');
  const std::int32_t size =
      uidna_nameToASCII_UTF8(idna, host.data(), static_cast<std::int32_t>(host.size()), ascii.data(),
                             static_cast<std::int32_t>(ascii.size()), &info, &failed);
  uidna_close(idna);
  if (U_FAILURE(failed) || size <= 0 || size > static_cast<std::int32_t>(ascii.size()) || info.errors != 0) return host;
  ascii.resize(static_cast<std::size_t>(size));
  return ascii;
}

std::uint64_t hash_of(std::string_view entry) { return XXH3_64bits(entry.data(), entry.size()); }

/// An entry as it is written in the many kinds of lists.
std::string_view bare_entry(std::string_view line) {
  for (const std::string_view address : {"0.0.0.0", "127.0.0.1", "::1", "::"}) {
    if (line.starts_with(address) && line.size() > address.size() &&
        (line[address.size()] == ' ' || line[address.size()] == '\t')) {
      line = trimmed(line.substr(address.size()));
      break;
    }
  }
  line = trimmed(line.substr(0, std::min(line.find_first_of(" \t"), line.size())));
  if (line.starts_with("||")) line.remove_prefix(2);
  if (line.ends_with("^")) line.remove_suffix(1);
  if (line.starts_with("*.")) line.remove_prefix(2);
  if (line.starts_with(".")) line.remove_prefix(1);
  return line;
}

Result<std::vector<ListFile>> files_of(const std::vector<std::string>& paths) {
  std::vector<ListFile> all;
  for (const std::string& path : paths) {
    MP_ASSIGN(const auto files, list_files(path));
    all.insert(all.end(), files.begin(), files.end());
  }
  if (all.size() > kListsMax) return invalid("too many lists: ", all.size());
  return all;
}

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (is_word_char(c)) letters += lower(c);
  }
  return letters;
}

std::size_t pair_of(std::string_view letters) {
  const auto place = [](char c) { return static_cast<std::size_t>(c >= 'a' ? c - 'a' + 11 : c - '0' + 1); };
  return place(letters[0]) * 37 + (letters.size() > 1 ? place(letters[1]) : 0);
}

}  // namespace

std::string host_of_url(std::string_view url) {
  url = trimmed(url);
  std::string_view host = url.substr(authority_begin(url));
  host = host.substr(0, std::min(host.find_first_of("/?#\\"), host.size()));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) {
    host = host.substr(0, std::min(host.find(']'), host.size() - 1) + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  while (host.ends_with('.')) host.remove_suffix(1);
  std::string name;
  bool plain = true;
  for (const char c : host) {
    if (static_cast<unsigned char>(c) <= ' ') return {};  // no address
    name += lower(c);
    plain = plain && static_cast<unsigned char>(c) < 0x80;
  }
  return plain ? name : punycode(std::move(name));
}

std::string listed_url(std::string_view url) {
  url = trimmed(url);
  const std::size_t begin = authority_begin(url);
  const std::string_view place = url.substr(begin);
  const std::size_t end = std::min(place.find_first_of("/?#"), place.size());
  const std::string_view authority = place.substr(0, end);
  const bool plain =
      std::all_of(authority.begin(), authority.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  std::string whole = "http://";
  whole += plain ? std::string(authority) : host_of_url(url);
  whole += place.substr(end);
  return normal_url(whole, true);
}

int UrlLists::Table::find(std::string_view entry) const {
  const std::uint64_t hash = hash_of(entry);
  const auto place = std::lower_bound(hashes.begin(), hashes.end(), hash);
  if (place == hashes.end() || *place != hash) return -1;
  return lists[static_cast<std::size_t>(place - hashes.begin())];
}

Result<std::shared_ptr<const UrlLists>> UrlLists::read(const std::vector<std::string>& paths) {
  struct Entry {
    std::uint64_t hash;
    std::uint16_t list;
    bool operator<(const Entry& other) const { return hash != other.hash ? hash < other.hash : list < other.list; }
  };
  MP_ASSIGN(const auto files, files_of(paths));
  auto lists = std::make_shared<UrlLists>();
  std::vector<Entry> domains, urls;
  for (const ListFile& file : files) {
    const auto number = static_cast<std::uint16_t>(lists->names_.size());
    lists->names_.push_back(file.list);
    MP_TRY(each_list_line(file.path, [&](std::string_view line, std::int64_t at) -> Status {
      const std::string_view entry = bare_entry(line);
      const std::string host = host_of_url(entry);
      if (host.empty()) return invalid("neither a domain nor an address: ", file.path, ":", at);
      const std::string_view place = entry.substr(authority_begin(entry));
      const std::size_t slash = place.find_first_of("/?");
      if (slash == std::string_view::npos || slash + 1 == place.size()) {
        domains.push_back({hash_of(host), number});
      } else {
        urls.push_back({hash_of(listed_url(entry)), number});
      }
      return {};
    }));
  }
  const auto fill = [](std::vector<Entry>& from, Table& table) {
    std::sort(from.begin(), from.end());
    const auto same = [](const Entry& a, const Entry& b) { return a.hash == b.hash; };
    from.erase(std::unique(from.begin(), from.end(), same), from.end());
    table.hashes.reserve(from.size()), table.lists.reserve(from.size());
    for (const Entry& entry : from) table.hashes.push_back(entry.hash), table.lists.push_back(entry.list);
    std::vector<Entry>().swap(from);
  };
  fill(domains, lists->domains_);
  fill(urls, lists->urls_);
  return std::shared_ptr<const UrlLists>(lists);
}

UrlLists::Found UrlLists::find(std::string_view host, std::string_view url) const {
  if (!domains_.hashes.empty()) {
    for (std::string_view domain = host; !domain.empty();) {
      if (const int list = domains_.find(domain); list >= 0) {
        return {names_[static_cast<std::size_t>(list)], "domain", std::string(domain)};
      }
      const std::size_t dot = domain.find('.');
      domain = dot == std::string_view::npos ? std::string_view() : domain.substr(dot + 1);
    }
  }
  if (!urls_.hashes.empty() && !host.empty()) {
    std::string whole = listed_url(url);
    if (const int list = urls_.find(whole); list >= 0) {
      return {names_[static_cast<std::size_t>(list)], "url", std::move(whole)};
    }
  }
  return {};
}

Result<std::shared_ptr<const UrlWords>> UrlWords::read(const std::vector<std::string>& paths) {
  MP_ASSIGN(const auto files, files_of(paths));
  auto words = std::make_shared<UrlWords>();
  for (const ListFile& file : files) {
    const auto number = static_cast<std::uint16_t>(words->names_.size());
    words->names_.push_back(file.list);
    MP_TRY(each_list_line(file.path, [&](std::string_view line, std::int64_t) -> Status {
      if (std::string letters = letters_of(line); !letters.empty())
        words->words_.push_back({std::move(letters), number});
      return {};
    }));
  }
  auto& all = words->words_;
  std::stable_sort(all.begin(), all.end(), [](const Word& a, const Word& b) { return a.word < b.word; });
  const auto same = [](const Word& a, const Word& b) { return a.word == b.word; };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  words->begins_.assign(37 * 37 + 1, static_cast<std::uint32_t>(all.size()));
  for (std::size_t i = all.size(); i-- > 0;) words->begins_[pair_of(all[i].word)] = static_cast<std::uint32_t>(i);
  for (std::size_t pair = 37 * 37; pair-- > 0;) {
    words->begins_[pair] = std::min(words->begins_[pair], words->begins_[pair + 1]);
  }
  return std::shared_ptr<const UrlWords>(words);
}

const UrlWords::Word* UrlWords::find(std::string_view word) const {
  const auto place = std::lower_bound(words_.begin(), words_.end(), word,
                                      [](const Word& a, std::string_view b) { return a.word < b; });
  return place != words_.end() && place->word == word ? &*place : nullptr;
}

const UrlWords::Word* UrlWords::find_within(std::string_view letters) const {
  for (std::size_t at = 0; at < letters.size(); ++at) {
    const std::string_view rest = letters.substr(at);
    const std::size_t one = pair_of(rest.substr(0, 1)), two = pair_of(rest);
    for (const std::size_t pair : {one, two}) {  // words of a single letter, and longer ones
      for (std::uint32_t i = begins_[pair]; i < begins_[pair + 1]; ++i) {
        if (rest.starts_with(words_[i].word)) return &words_[i];
      }
      if (one == two) break;
    }
  }
  return nullptr;
}

Result<std::shared_ptr<const UrlLists>> OpenUrlLists::urls(const std::vector<std::string>& paths) {
  const std::lock_guard lock(mutex_);
  auto& known = urls_[paths];
  if (known == nullptr) { MP_ASSIGN(known, UrlLists::read(paths)); }
  return known;
}

Result<std::shared_ptr<const UrlWords>> OpenUrlLists::words(const std::vector<std::string>& paths) {
  const std::lock_guard lock(mutex_);
  auto& known = words_[paths];
  if (known == nullptr) { MP_ASSIGN(known, UrlWords::read(paths)); }
  return known;
}

Result<std::string> hash_url_lists(const std::vector<std::string>& paths) {
  MP_ASSIGN(const auto files, files_of(paths));
  if (files.empty()) return std::string();
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  for (const ListFile& file : files) {
    XXH3_128bits_update(state.get(), file.list.data(), file.list.size() + 1);  // also the zero, which ends it
    MP_TRY(each_list_piece(
        file.path, [&](std::string_view piece) { XXH3_128bits_update(state.get(), piece.data(), piece.size()); }));
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return std::to_string(hash.high64) + "." + std::to_string(hash.low64);
}

}  // namespace millpond::curate
