#include "curate/near_duplicates/band_keys.h"

#include <algorithm>

namespace millpond::curate {

BandKeys::BandKeys(std::size_t bands, const std::string& spill_dir, MemoryBudget& budget) {
  for (std::size_t band = 0; band < bands; ++band) bands_.emplace_back(spill_dir, budget);
}

Status BandKeys::add(std::uint32_t document, const std::uint64_t* keys) {
  for (std::size_t band = 0; band < bands_.size(); ++band) {
    const auto low = static_cast<std::uint32_t>(keys[band]), high = static_cast<std::uint32_t>(keys[band] >> 32);
    MP_TRY(bands_[band].append({low, high, document}));
  }
  return {};
}

Result<std::vector<BandKeys::Entry>> BandKeys::take(std::size_t band, Context& context) {
  constexpr std::int64_t kStep = 64 << 10;
  RecordSpool<Packed>& spool = bands_[band];
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(spool.size()));
  std::vector<Packed> packed;
  for (std::int64_t first = 0; first < spool.size(); first += kStep) {
    MP_TRY(context.check());
    MP_TRY(spool.read(first, std::min(kStep, spool.size() - first), packed));
    for (const Packed& each : packed) {
      entries.push_back({static_cast<std::uint64_t>(each.key_high) << 32 | each.key_low, each.document});
    }
  }
  spool.clear();
  return entries;
}

}  // namespace millpond::curate
