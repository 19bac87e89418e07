#pragma once
#include <pugixml.hpp>
#include <string>

namespace millpond::extract {

/// A formula in MathML as TeX if it carries that (an annotation), else on one line: "x^2", "a_1", "(a+b)/c", "√(x)".
std::string mathml_text(const pugi::xml_node& math);

}  // namespace millpond::extract
