#include "pond/location.h"

#include "pond/object/object_path.h"

namespace millpond::pond {

bool lies_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string path_of(std::string_view uri, std::string_view root, std::string_view recorded_root) {
  if (uri.starts_with("file:")) {
    uri.remove_prefix(5);
    if (uri.starts_with("//")) uri.remove_prefix(2);
  }
  std::string path = one_spelling(uri);
  if (root != recorded_root && lies_below(path, recorded_root)) path.replace(0, recorded_root.size(), root);
  return path;
}

std::string uri_of(std::string_view path, std::string_view root, std::string_view recorded_root) {
  std::string place(path);
  if (lies_below(path, root)) place.replace(0, root.size(), recorded_root);
  return is_object(place) ? place : "file://" + place;
}

}  // namespace millpond::pond
