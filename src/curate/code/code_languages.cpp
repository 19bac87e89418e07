#include "curate/code/code_languages.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace millpond::curate {
namespace {

constexpr std::array<CodeLanguage, 34> kLanguages = {{
    {"c", "//", "/*", "*/", "\"'"},
    {"c++", "//", "/*", "*/", "\"'"},
    {"c#", "//", "/*", "*/", "\"'"},
    {"java", "//", "/*", "*/", "\"'"},
    {"javascript", "//", "/*", "*/", "\"'`"},
    {"typescript", "//", "/*", "*/", "\"'`"},
    {"go", "//", "/*", "*/", "\"'`"},
    {"rust", "//", "/*", "*/", "\""},
    {"kotlin", "//", "/*", "*/", "\"'"},
    {"scala", "//", "/*", "*/", "\""},
    {"swift", "//", "/*", "*/", "\""},
    {"dart", "//", "/*", "*/", "\"'"},
    {"php", "// #", "/*", "*/", "\"'"},
    {"css", "", "/*", "*/", "\"'"},
    {"python", "#", "", "", "\"'", true},
    {"shell", "#", "", "", "\"'"},
    {"ruby", "#", "", "", "\"'"},
    {"perl", "#", "", "", "\"'"},
    {"r", "#", "", "", "\"'"},
    {"julia", "#", "", "", "\""},
    {"elixir", "#", "", "", "\""},
    {"yaml", "#", "", "", "\"'"},
    {"toml", "#", "", "", "\"'"},
    {"makefile", "#", "", "", ""},
    {"dockerfile", "#", "", "", ""},
    {"cmake", "#", "", "", "\""},
    {"sql", "--", "/*", "*/", "'"},
    {"lua", "--", "--[[", "]]", "\"'"},
    {"haskell", "--", "{-", "-}", "\""},
    {"lisp", ";", "", "", "\""},
    {"html", "", "<!--", "-->", ""},
    {"xml", "", "<!--", "-->", ""},
    {"tex", "%", "", "", ""},
    {"fortran", "!", "", "", "\"'"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 73> kEndings = {{
    {".c", "c"},
    {".h", "c"},
    {".cc", "c++"},
    {".cpp", "c++"},
    {".cxx", "c++"},
    {".hh", "c++"},
    {".hpp", "c++"},
    {".hxx", "c++"},
    {".cu", "c++"},
    {".cuh", "c++"},
    {".cs", "c#"},
    {".java", "java"},
    {".js", "javascript"},
    {".mjs", "javascript"},
    {".cjs", "javascript"},
    {".jsx", "javascript"},
    {".ts", "typescript"},
    {".tsx", "typescript"},
    {".go", "go"},
    {".rs", "rust"},
    {".kt", "kotlin"},
    {".kts", "kotlin"},
    {".scala", "scala"},
    {".sc", "scala"},
    {".swift", "swift"},
    {".dart", "dart"},
    {".php", "php"},
    {".phtml", "php"},
    {".css", "css"},
    {".scss", "css"},
    {".less", "css"},
    {".py", "python"},
    {".pyi", "python"},
    {".pyx", "python"},
    {".sh", "shell"},
    {".bash", "shell"},
    {".zsh", "shell"},
    {".rb", "ruby"},
    {".rake", "ruby"},
    {".gemspec", "ruby"},
    {".pl", "perl"},
    {".pm", "perl"},
    {".r", "r"},
    {".jl", "julia"},
    {".ex", "elixir"},
    {".exs", "elixir"},
    {".yml", "yaml"},
    {".yaml", "yaml"},
    {".toml", "toml"},
    {".mk", "makefile"},
    {".mak", "makefile"},
    {"makefile", "makefile"},
    {"gnumakefile", "makefile"},
    {"dockerfile", "dockerfile"},
    {".dockerfile", "dockerfile"},
    {".cmake", "cmake"},
    {"cmakelists.txt", "cmake"},
    {".sql", "sql"},
    {".lua", "lua"},
    {".hs", "haskell"},
    {".lisp", "lisp"},
    {".el", "lisp"},
    {".scm", "lisp"},
    {".clj", "lisp"},
    {".html", "html"},
    {".htm", "html"},
    {".xhtml", "html"},
    {".vue", "html"},
    {".xml", "xml"},
    {".svg", "xml"},
    {".tex", "tex"},
    {".f90", "fortran"},
    {".f", "fortran"},
}};

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
    if (c == '\\') c = '/';
  }
  return out;
}

std::string_view name_in(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// One of the folders of a path in lower case is called so.
bool has_folder(std::string_view path, std::string_view folder) {
  for (std::size_t at = path.find(folder); at != std::string_view::npos; at = path.find(folder, at + 1)) {
    const std::size_t end = at + folder.size();
    if ((at == 0 || path[at - 1] == '/') && end < path.size() && path[end] == '/') return true;
  }
  return false;
}

bool in_one_of(std::string_view path, std::initializer_list<std::string_view> folders) {
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view each) { return has_folder(path, each); });
}

}  // namespace

const CodeLanguage* code_language_of(std::string_view path) {
  const std::string lower = lowered(path);
  const std::string_view name = name_in(lower);
  const std::size_t dot = name.rfind('.');
  const auto known = [&](std::string_view ending) -> const CodeLanguage* {
    for (const auto& [each, language] : kEndings) {
      if (each != ending) continue;
      const auto same = [language = language](const CodeLanguage& other) { return other.name == language; };
      return &*std::find_if(kLanguages.begin(), kLanguages.end(), same);
    }
    return nullptr;
  };
  if (const auto* whole = known(name)) return whole;
  return dot == std::string_view::npos ? nullptr : known(name.substr(dot));
}

bool is_test_path(std::string_view path) {
  const std::string lower = lowered(path);
  const std::string_view name = name_in(lower), stem = name.substr(0, name.find('.'));
  const bool marked = stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_spec") ||
                      stem.ends_with("-test") || name.find(".test.") != name.npos || name.find(".spec.") != name.npos;
  const std::string_view original = name_in(path), bare = original.substr(0, original.find('.'));
  const bool camel = bare.ends_with("Test") || bare.ends_with("Tests");  // FooTest.java
  return marked || camel || in_one_of(lower, {"test", "tests", "testing", "__tests__", "spec", "specs", "testdata"});
}

bool is_vendored_path(std::string_view path) {
  const std::string lower = lowered(path);
  const std::string_view name = name_in(lower);
  return name.find(".min.") != name.npos || name.find("-min.") != name.npos || name.find(".bundle.") != name.npos ||
         in_one_of(lower, {"node_modules", "vendor", "vendors", "third_party", "third-party", "thirdparty", "3rdparty",
                           "external", "externals", "bower_components", "site-packages", "dist", "pods"});
}

bool is_config_path(std::string_view path) {
  const std::string lower = lowered(path);
  const std::string_view name = name_in(lower), stem = name.substr(0, name.find('.'));
  static constexpr std::array<std::string_view, 14> kNames = {
      "setup.py",   "conf.py",   "conftest.py", "package.json", "package-lock.json", "tsconfig.json", "pyproject.toml",
      "cargo.toml", "build.sbt", "gemfile",     "rakefile",     "settings.py",       "webpack.js",    "gruntfile.js"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() || name.find(".config.") != name.npos ||
         stem == "config" || stem == "configuration" || name.ends_with(".cfg") || name.ends_with(".ini");
}

}  // namespace millpond::curate
