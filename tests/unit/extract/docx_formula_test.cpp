// Formulas of .docx as TeX.
#include "millpond/extract/office.h"
#include "text_show.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

std::string read(const std::string& body) {
  return parsed(parse_docx, zipped({{"word/document.xml", "<w:document><w:body>" + body + "</w:body></w:document>"}}));
}
std::string run(const std::string& text) { return "<m:r><m:t>" + text + "</m:t></m:r>"; }
std::string in(const std::string& name, const std::string& inside) {
  return "<m:" + name + ">" + inside + "</m:" + name + ">";
}
std::string val(const std::string& name, const std::string& value) {
  return "<m:" + name + " m:val=\"" + value + "\"/>";
}
/// The TeX of one displayed formula.
std::string tex(const std::string& inside) {
  const std::string shown = read("<w:p><m:oMathPara>" + in("oMath", inside) + "</m:oMathPara></w:p>");
  return shown.starts_with("formula ") ? shown.substr(8, shown.size() - 9) : "not a formula: " + shown;
}
std::string fraction(const std::string& above, const std::string& below, const std::string& properties = "") {
  return in("f", in("fPr", properties) + in("num", above) + in("den", below));
}

TEST(DocxFormula, FractionsRootsAndScripts) {
  EXPECT_EQ(tex(fraction(run("-b±") + in("rad", in("deg", "") + in("e", run("D"))), run("2a"))),
            "\\frac{-b\\pm\\sqrt{D}}{2a}");
  EXPECT_EQ(tex(in("rad", in("deg", run("3")) + in("e", run("x")))), "\\sqrt[3]{x}");
  EXPECT_EQ(tex(fraction(run("a"), run("b"), val("type", "lin"))), "{a}/{b}");
  EXPECT_EQ(tex(in("sSup", in("e", fraction(run("a"), run("b"))) + in("sup", run("2")))), "{\\frac{a}{b}}^{2}");
  EXPECT_EQ(tex(in("sSubSup", in("e", run("N")) + in("sub", run("s")) + in("sup", run("H")))), "N_{s}^{H}");
  EXPECT_EQ(tex(in("sPre", in("sub", run("6")) + in("sup", run("12")) + in("e", run("C")))), "{}_{6}^{12}C");
}

TEST(DocxFormula, SymbolsBecomeCommandsThatEndBeforeLetters) {
  EXPECT_EQ(tex(run("πr≤∞") + run("–y^2")), "\\pi r\\leq\\infty-y^2");
  EXPECT_EQ(tex(run("𝑥∈ℝ")), "x\\in\\mathbb{R}");
  EXPECT_EQ(tex(run("5% {a} \\ x&amp;y")), "5\\% \\{a\\} \\backslash x\\&y");
  EXPECT_EQ(tex(run("two words") + run(" in π r") + run("uns")), "two\\ words\\ in \\pi runs");
  EXPECT_EQ(tex("<m:r><m:rPr><m:nor/></m:rPr><m:t>if 5%</m:t></m:r>"), "\\text{if 5\\%}");
}

TEST(DocxFormula, DelimitersAndBinomials) {
  EXPECT_EQ(tex(in("d", in("e", run("x")))), "\\left(x\\right)");
  EXPECT_EQ(tex(in("d", in("dPr", val("begChr", "{") + val("endChr", "")) + in("e", run("x")))), "\\left\\{x\\right.");
  EXPECT_EQ(tex(in("d", in("dPr", val("sepChr", ",")) + in("e", run("x")) + in("e", run("y")))), "\\left(x,y\\right)");
  EXPECT_EQ(tex(in("d", in("e", fraction(run("n"), run("k"), val("type", "noBar"))))), "\\binom{n}{k}");
}

TEST(DocxFormula, OperatorsFunctionsAndLimits) {
  EXPECT_EQ(
      tex(in("nary", in("naryPr", val("chr", "∑")) + in("sub", run("n=1")) + in("sup", run("∞")) + in("e", run("n")))),
      "\\sum_{n=1}^{\\infty}n");
  EXPECT_EQ(tex(in("nary", in("sub", "") + in("sup", "") + in("e", run("xdx")))), "\\int xdx");
  EXPECT_EQ(tex(in("func", in("fName", run("log")) + in("e", run("x")))), "\\log x");
  EXPECT_EQ(tex(in("func", in("fName", run("argmax")) + in("e", run("x")))), "\\operatorname{argmax}x");
  EXPECT_EQ(tex(in("func", in("fName", in("limLow", in("e", run("lim")) + in("lim", run("n→0")))) + in("e", run("n")))),
            "\\lim_{n\\rightarrow0}n");
  EXPECT_EQ(tex(in("limUpp", in("e", run("=")) + in("lim", run("!")))), "\\overset{!}{=}");
  EXPECT_EQ(tex(in("limLow", in("e", in("groupChr", in("e", run("x+y")))) + in("lim", run("s")))),
            "\\underbrace{x+y}_{s}");
}

TEST(DocxFormula, AccentsMatricesAndStacks) {
  EXPECT_EQ(tex(in("acc", in("accPr", val("chr", "\u20D7")) + in("e", run("v")))), "\\vec{v}");
  EXPECT_EQ(tex(in("acc", in("e", run("ab")))), "\\widehat{ab}");
  EXPECT_EQ(tex(in("bar", in("barPr", val("pos", "top")) + in("e", run("z")))), "\\overline{z}");
  EXPECT_EQ(
      tex(in("m", in("mr", in("e", run("1")) + in("e", run("0"))) + in("mr", in("e", run("0")) + in("e", run("1"))))),
      "\\begin{matrix} 1 & 0 \\\\ 0 & 1 \\end{matrix}");
  EXPECT_EQ(tex(in("eqArr", in("e", run("a&amp;=b")) + in("e", run("c&amp;=d")))),
            "\\begin{aligned} a&=b \\\\ c&=d \\end{aligned}");
  EXPECT_EQ(tex(in("eqArr", in("e", run("a=b")))), "a=b");
}

TEST(DocxFormula, FormulasSideBySideAreSeveralAndThoseInTextStayThere) {
  const std::string two = in("oMath", run("a=b")) + in("oMath", run("c=d"));
  EXPECT_EQ(read("<w:p>" + two + "</w:p>"), "formula a=b\nformula c=d\n");
  EXPECT_EQ(read("<w:p><m:oMathPara>" + two + "</m:oMathPara></w:p>"), "formula a=b\nformula c=d\n");
  EXPECT_EQ(read("<w:p><w:r><w:t xml:space='preserve'>Area: </w:t></w:r>" + in("oMath", run("πr")) +
                 "<w:r><w:t>.</w:t></w:r></w:p>"),
            "para Area: \\pi r.\n");
}

TEST(DocxFormula, DepthIsLimited) {
  std::string deep = run("x");
  for (int i = 0; i < 30; ++i) deep = in("rad", in("e", deep));
  EXPECT_NE(tex(deep).find("x"), std::string::npos);
  for (int i = 0; i < 5000; ++i) deep = "<m:box>" + deep + "</m:box>";
  EXPECT_EQ(read("<w:p>" + in("oMath", run("a") + deep) + "</w:p>"), "formula a\n");
}

}  // namespace
}  // namespace millpond::extract
