#pragma once
// What the tables must hold, told by what the operations said of themselves.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace millpond::sim {

using Ids = std::set<std::int64_t>;

/// A table on `main` and on the branch, and where the branch began. A tag keeps what was there.
struct ModelTable {
  Ids main, branch, base;
  bool has_branch = false;
  std::map<std::string, Ids> tags;
  bool operator==(const ModelTable&) const = default;
};

struct Model {
  std::vector<ModelTable> tables;

  /// What a branch did since its base, done again on top of what is there.
  static Ids replayed(const ModelTable& table) {
    Ids out = table.main;
    for (const std::int64_t id : table.branch)
      if (!table.base.contains(id)) out.insert(id);
    for (const std::int64_t id : table.base)
      if (!table.branch.contains(id)) out.erase(id);
    return out;
  }
  void merge() {
    for (ModelTable& table : tables) table.main = table.branch = table.base = replayed(table);
  }
  void update() {
    for (ModelTable& table : tables) {
      table.branch = replayed(table);
      table.base = table.main;
    }
  }
  bool operator==(const Model&) const = default;
};

}  // namespace millpond::sim
