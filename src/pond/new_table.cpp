#include "pond/new_table.h"

#include "pond/file_io.h"

namespace millpond::pond {

Status check_table_name(std::string_view name) {
  constexpr std::size_t kNameCharsMax = 128;
  bool good = !name.empty() && name.size() <= kNameCharsMax;
  for (const char c : name) {
    good = good && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  }
  return good ? Status() : invalid("a table's name is made of letters, digits and _: ", name);
}

Result<TableStatePtr> add_table(PondState& pond, std::string_view name, TableMetadata metadata) {
  const std::string folder = pond.to_path(metadata.location);
  MP_TRY(make_directories(folder + "/metadata"));
  MP_TRY(make_directories(folder + "/data"));
  const std::string path = folder + "/metadata/00000-" + new_uuid() + ".metadata.json";
  MP_TRY(write_file(path, serialise(metadata)));
  MP_TRY(sync_files({path}));
  MP_TRY(sync_directory(folder));
  MP_TRY(sync_directory(pond.root + "/tables"));
  Status added = pond.catalog->add(name, pond.to_uri(path));
  if (!added.ok()) {
    // Only then is it certain that the catalog does not name the file.
    if (added.code() == Code::kAlreadyExists) (void)remove_file(path);
    return added;
  }
  TableStatePtr state = make_state(std::string(name), pond.to_uri(path), std::move(metadata), pond.branch);
  pond.remember(state);
  return state;
}

}  // namespace millpond::pond
