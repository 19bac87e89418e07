#include "extract/office/office_links.h"

#include <map>

#include "extract/office/part.h"

namespace millpond::extract {
namespace {

/// Visits all nodes, however deep they are nested.
class LinkWalker final : public pugi::xml_tree_walker {
 public:
  LinkWalker(std::map<std::string, std::string, std::less<>> targets, int page, Links& links)
      : targets_(std::move(targets)), page_(page), links_(links) {}

  bool for_each(pugi::xml_node& node) override {
    if (node.type() != pugi::node_element) return true;
    const std::string_view name = local_name(node);
    if (name == "hyperlink") {
      links_.add(text_below(node), target_of(node), page_);
    } else if (name == "hlinkClick") {
      const pugi::xml_node run = node.parent().parent();
      if (local_name(run) == "r") in_run(run, target_of(node));
    } else if (name == "a" && !attribute_of(node, "href").empty()) {
      std::string text;
      append_texts(node, text);
      links_.add(text, attribute_of(node, "href"), page_);
    } else if (name == "fldSimple") {
      links_.add(text_below(node), field_target(attribute_of(node, "instr")), page_);
    } else if (name == "fldChar") {
      field(attribute_of(node, "fldCharType"));
    } else if (name == "instrText") {
      code_ += node.text().get();
    } else if (name == "t" && !field_target_.empty()) {
      field_text_ += node.text().get();
    }
    return true;
  }

  bool end(pugi::xml_node&) override {
    end_run();
    return true;
  }

 private:
  std::string target_of(const pugi::xml_node& node) const {
    const auto found = targets_.find(attribute_of(node, "id"));
    std::string target = found == targets_.end() ? std::string() : found->second;
    if (const std::string_view anchor = attribute_of(node, "anchor"); !anchor.empty())
      target.append("#").append(anchor);
    return target;
  }

  /// Runs of one paragraph with the same target are one link.
  void in_run(const pugi::xml_node& run, std::string target) {
    if (run.parent() != paragraph_ || target != run_target_) end_run();
    paragraph_ = run.parent();
    run_target_ = std::move(target);
    run_text_ += text_below(run);
  }
  void end_run() {
    links_.add(run_text_, run_target_, page_);
    run_text_.clear();
    run_target_.clear();
  }

  void field(std::string_view type) {
    if (type == "begin") code_.clear();
    if (type == "separate") {
      field_target_ = field_target(code_);
      field_text_.clear();
    }
    if (type == "end" && !field_target_.empty()) {
      links_.add(field_text_, field_target_, page_);
      field_target_.clear();
    }
  }

  /// The text of OpenDocument lies between its elements.
  static void append_texts(const pugi::xml_node& node, std::string& out) {
    struct Texts final : pugi::xml_tree_walker {
      explicit Texts(std::string& to) : to(to) {}
      bool for_each(pugi::xml_node& each) override {
        if (each.type() == pugi::node_pcdata || each.type() == pugi::node_cdata) to += each.value();
        if (each.type() == pugi::node_element && local_name(each) == "s") to += ' ';
        return true;
      }
      std::string& to;
    } texts(out);
    pugi::xml_node from = node;
    from.traverse(texts);
  }

  const std::map<std::string, std::string, std::less<>> targets_;
  const int page_;
  Links& links_;
  pugi::xml_node paragraph_;
  std::string run_text_, run_target_, code_, field_text_, field_target_;
};

/// The first word in quotes, or without any.
std::string_view word_at(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == text.npos) return {};
  text.remove_prefix(from);
  if (text.front() != '"') return text.substr(0, text.find_first_of(" \t\r\n"));
  return text.substr(1, text.find('"', 1) - 1);
}

}  // namespace

std::string field_target(std::string_view code) {
  constexpr std::string_view kName = "HYPERLINK";
  const std::size_t at = code.find_first_not_of(" \t\r\n");
  if (at == code.npos || !code.substr(at).starts_with(kName)) return {};
  code.remove_prefix(at + kName.size());
  const std::size_t local = code.find("\\l ");
  const std::string_view anchor = local == code.npos ? std::string_view() : word_at(code.substr(local + 3));
  const std::string_view first = word_at(code);
  std::string target(first.starts_with('\\') ? std::string_view() : first);
  if (!anchor.empty()) target.append("#").append(anchor);
  return target;
}

void read_office_links(Package& package, const std::string& part, const pugi::xml_node& root, int page, Links& links) {
  std::map<std::string, std::string, std::less<>> targets;
  for (Package::Relation& relation : package.external_relations(part)) {
    if (std::string_view(relation.type).ends_with("/hyperlink"))
      targets.emplace(std::move(relation.id), std::move(relation.target));
  }
  LinkWalker walker(std::move(targets), page, links);
  pugi::xml_node from = root;
  from.traverse(walker);
}

}  // namespace millpond::extract
