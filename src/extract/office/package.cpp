#include "extract/office/package.h"

#include <zip.h>

#include <algorithm>
#include <pugixml.hpp>

namespace millpond::extract {
namespace {

constexpr std::int64_t kSmallMemberBytes = 4 << 20;  // XML this small may compress as well as it likes

Status container_error(std::string_view bytes) {
  static constexpr std::string_view kOle("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  if (!bytes.starts_with(kOle)) return invalid("not a zip container, bytes: ", bytes.size());
  // Names in an OLE directory are UTF-16.
  std::string encrypted;
  for (const char c : std::string_view("EncryptedPackage")) encrypted += c, encrypted += '\0';
  if (bytes.find(encrypted) != bytes.npos) {
    return unsupported("the document is encrypted").hint("Remove its password and save it again.");
  }
  return unsupported("an Office document in the format before 2007").hint("Save it as .docx.");
}

std::string directory_of(const std::string& part) {
  const std::size_t slash = part.rfind('/');
  return slash == std::string::npos ? std::string() : part.substr(0, slash + 1);
}

std::string resolve(const std::string& base, std::string_view target) {
  std::string path = target.starts_with('/') ? std::string(target.substr(1)) : base + std::string(target);
  for (std::size_t up; (up = path.find("/../")) != std::string::npos;) {
    const std::size_t start = up == 0 ? std::string::npos : path.rfind('/', up - 1);
    path.erase(start == std::string::npos ? 0 : start + 1, up + 4 - (start == std::string::npos ? 0 : start + 1));
  }
  return path;
}

}  // namespace

void Package::Close::operator()(zip* archive) const { zip_discard(archive); }

Result<Package> Package::open(std::string_view bytes, const Limits& limits) {
  if (std::int64_t(bytes.size()) > limits.input_bytes) {
    return exhausted("the document passes input_bytes: ", bytes.size()).hint("Raise input_bytes, or split the file.");
  }
  if (!bytes.starts_with("PK")) return container_error(bytes);
  zip_error_t code;
  zip_error_init(&code);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &code);
  if (source == nullptr) return exhausted("no memory for a zip source");
  zip_t* const archive = zip_open_from_source(source, ZIP_RDONLY, &code);
  if (archive == nullptr) {
    Status status = invalid("a broken zip container: ", zip_error_strerror(&code));
    zip_source_free(source);
    zip_error_fini(&code);
    return status;
  }
  zip_error_fini(&code);
  const std::int64_t expanded_max = std::int64_t(bytes.size()) * std::max<std::int64_t>(limits.expansion_ratio, 1);
  return Package(std::unique_ptr<zip, Close>(archive), std::max(expanded_max, kSmallMemberBytes));
}

bool Package::has(const std::string& name) const { return zip_name_locate(archive_.get(), name.c_str(), 0) >= 0; }

Result<std::string> Package::read(const std::string& name) {
  const zip_int64_t index = zip_name_locate(archive_.get(), name.c_str(), 0);
  if (index < 0) return not_found("the container has no member ", name);
  const auto close = [](zip_file_t* file) { zip_fclose(file); };
  const std::unique_ptr<zip_file_t, decltype(close)> file(zip_fopen_index(archive_.get(), zip_uint64_t(index), 0),
                                                          close);
  if (file == nullptr) {
    const int code = zip_error_code_zip(zip_get_error(archive_.get()));
    if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_WRONGPASSWD || code == ZIP_ER_ENCRNOTSUPP) {
      return unsupported("the member is encrypted: ", name).hint("Remove the password and save the document again.");
    }
    return corrupt("cannot read the member ", name);
  }
  // The sizes in the directory may lie, so what counts is what comes out.
  std::string text;
  constexpr std::size_t kStep = 256 << 10;
  for (std::size_t used = 0;;) {
    text.resize(used + kStep);
    const zip_int64_t got = zip_fread(file.get(), text.data() + used, kStep);
    if (got < 0) return corrupt("the member does not expand: ", name);
    used += std::size_t(got);
    expanded_left_ -= got;
    if (expanded_left_ < 0) {
      return exhausted("the container expands beyond expansion_ratio, at ", name).hint("It may be a zip bomb.");
    }
    if (got == 0) {
      text.resize(used);
      return text;
    }
  }
}

std::vector<std::string> Package::names() const {
  std::vector<std::string> names;
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    if (const char* const name = zip_get_name(archive_.get(), zip_uint64_t(i), 0)) names.emplace_back(name);
  }
  return names;
}

Status Package::parse(const std::string& name, std::string& text, pugi::xml_document& xml) {
  MP_ASSIGN(text, read(name));
  const unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_wconv_attribute | pugi::parse_eol |
                           pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result result = xml.load_buffer_inplace(text.data(), text.size(), options);
  if (!result) return corrupt(name, ": ", result.description(), " at byte ", result.offset);
  return {};
}

std::vector<Package::Relation> Package::relations(const std::string& part) { return relations(part, false); }

std::vector<Package::Relation> Package::external_relations(const std::string& part) { return relations(part, true); }

std::vector<Package::Relation> Package::relations(const std::string& part, bool external) {
  constexpr std::size_t kRelationsMax = 100'000;
  const std::string base = directory_of(part);
  std::string text;
  pugi::xml_document xml;
  std::vector<Relation> found;
  if (!parse(base + "_rels/" + part.substr(base.size()) + ".rels", text, xml).ok()) return found;
  for (const pugi::xml_node node : xml.document_element()) {
    if ((attribute_of(node, "TargetMode") == "External") != external || found.size() == kRelationsMax) continue;
    const std::string_view target = attribute_of(node, "Target");
    found.push_back({std::string(attribute_of(node, "Id")), std::string(attribute_of(node, "Type")),
                     external ? std::string(target) : resolve(base, target)});
  }
  return found;
}

std::string Package::related(const std::string& part, std::string_view type) {
  for (Relation& relation : relations(part)) {
    if (std::string_view(relation.type).ends_with(type)) return std::move(relation.target);
  }
  return {};
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_of(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node child : node) {
    if (local_name(child) == name) return child;
  }
  return {};
}

std::string_view attribute_of(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute attribute : node.attributes()) {
    std::string_view own = attribute.name();
    if (const std::size_t colon = own.find(':'); colon != own.npos) own.remove_prefix(colon + 1);
    if (own == name) return attribute.value();
  }
  return {};
}

}  // namespace millpond::extract
