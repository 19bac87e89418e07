#include "pond/object/object_catalog.h"

#include "pond/location.h"

namespace millpond::pond {
namespace {

using Document = CatalogObject::Document;

constexpr const char* kMain = "main";
constexpr const char* kLocation = "metadata-location";

/// Null if there is no such table.
const Document* find_table(const Document& catalog, std::string_view table) {
  const Document& all = catalog["entries"];
  const auto entries = all.find(kMain);
  if (entries == all.end()) return nullptr;
  const auto found = entries->find(std::string(table));
  return found == entries->end() || (*found)["type"] != "TABLE" ? nullptr : &*found;
}

}  // namespace

Result<std::unique_ptr<ObjectCatalog>> ObjectCatalog::create(const std::string& root) {
  MP_ASSIGN(auto store, object_store(root));
  std::unique_ptr<ObjectCatalog> out(new ObjectCatalog(std::move(store), root));
  MP_TRY(out->catalog_.create(root));
  out->recorded_root_ = root;
  return out;
}

Result<std::unique_ptr<ObjectCatalog>> ObjectCatalog::open(const std::string& root) {
  MP_ASSIGN(auto store, object_store(root));
  std::unique_ptr<ObjectCatalog> out(new ObjectCatalog(std::move(store), root));
  MP_ASSIGN(const auto catalog, out->catalog_.read());
  out->recorded_root_ = (*catalog)["root"].get<std::string>();
  return out;
}

Result<std::vector<std::string>> ObjectCatalog::tables() {
  MP_ASSIGN(const auto catalog, catalog_.read());
  std::vector<std::string> names;
  const Document& all = (*catalog)["entries"];
  if (const auto entries = all.find(kMain); entries != all.end()) {
    for (const auto& [name, entry] : entries->items()) {
      if (entry["type"] == "TABLE") names.push_back(name);
    }
  }
  return names;
}

Result<std::optional<std::string>> ObjectCatalog::location(std::string_view table) {
  MP_ASSIGN(const auto catalog, catalog_.read());
  const Document* entry = find_table(*catalog, table);
  if (entry == nullptr) return std::optional<std::string>();
  return std::optional<std::string>((*entry)[kLocation].get<std::string>());
}

Status ObjectCatalog::add(std::string_view table, const std::string& location) {
  const std::string name(table);
  return catalog_
      .apply([&](Document& catalog) -> Result<bool> {
        Document& entries = catalog["entries"][kMain];
        if (entries.contains(name)) return error(Code::kAlreadyExists, "table exists already: ", name);
        entries[name] = {{"type", "TABLE"}, {kLocation, location}};
        return true;
      })
      .status();
}

Result<bool> ObjectCatalog::swap(std::string_view table, const std::string& expected, const std::string& location) {
  return swap_all({{std::string(table), expected, location}});
}

Result<bool> ObjectCatalog::swap_all(const std::vector<CatalogSwap>& swaps) {
  return catalog_.apply([&](Document& catalog) -> Result<bool> {
    for (const CatalogSwap& swap : swaps) {
      const Document* entry = find_table(catalog, swap.table);
      if (entry == nullptr || (*entry)[kLocation] != swap.expected) return false;
    }
    for (const CatalogSwap& swap : swaps) {
      catalog["entries"][kMain][swap.table] = {
          {"type", "TABLE"}, {kLocation, swap.location}, {"previous-metadata-location", swap.expected}};
    }
    return true;
  });
}

Result<bool> ObjectCatalog::move_root(const std::string& from, const std::string& to) {
  MP_ASSIGN(const bool moved, catalog_.apply([&](Document& catalog) -> Result<bool> {
    for (const Document& entries : catalog["entries"]) {
      for (const Document& entry : entries) {
        if (lies_below(path_of(entry[kLocation].get<std::string>(), "", ""), from)) return false;
      }
    }
    catalog["root"] = to;
    return true;
  }));
  if (moved) recorded_root_ = to;
  return moved;
}

Result<bool> ObjectCatalog::remove(std::string_view table, const std::string& expected) {
  return catalog_.apply([&](Document& catalog) -> Result<bool> {
    const Document* entry = find_table(catalog, table);
    if (entry == nullptr || (*entry)[kLocation] != expected) return false;
    catalog["entries"][kMain].erase(std::string(table));
    return true;
  });
}

}  // namespace millpond::pond
