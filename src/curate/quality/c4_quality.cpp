#include "curate/quality/c4_lines.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

class C4Quality final : public Operator {
 public:
  C4Quality(const C4Rules& rules, WordRules words) : lines_(rules, words) {}

  Status process(const Input& in, Output& out, Context& context) override {
    const Utf8Column text = in.utf8("text");
    KnownWords& known = context.service<KnownWordsOfThreads>()->mine();
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 64 == 0) MP_TRY(context.check());
      if (text.null(row)) {
        out.reject(row, Code::kInvalidArgument, "text is null");
        continue;
      }
      const C4Outcome outcome = lines_.apply(text[row], known);
      if (!outcome.dropped.empty()) {
        out.drop(row, outcome.dropped);
        continue;
      }
      Row added = out.emit(row);
      added.set("c4_sentences", outcome.sentences).set("c4_lines_dropped", outcome.lines_dropped);
      added.set("text", outcome.text);
    }
    return {};
  }

 private:
  C4Lines lines_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  C4Rules rules;
  rules.citations = options.flag("remove_citations");
  rules.terminal_punct = options.flag("terminal_punct");
  rules.sentences_min = options.integer("sentences_min");
  rules.line_words_min = options.integer("line_words_min");
  rules.word_chars_max = options.integer("word_chars_max");
  rules.lorem_ipsum = options.flag("lorem_ipsum");
  rules.javascript = options.flag("javascript");
  rules.curly_bracket = options.flag("curly_bracket");
  rules.policy = options.flag("policy");
  return std::make_unique<C4Quality>(rules, word_rules_from(options.text("word_rules")));
}

}  // namespace

MILLPOND_OPERATOR(c4_quality) = {
    .name = "c4_quality",
    .summary = "Takes lines out that break a rule of C4, and drops texts with too little left or a mark of no prose.",
    .version = 1,
    .reads = {{"text", utf8()}},
    .adds = {{"c4_sentences", int64()}, {"c4_lines_dropped", int64()}},
    .rewrites = {{"text", utf8()}},
    .options = {{"remove_citations", true, "Take `[1]`, `[edit]` and `[citation needed]` out of lines."},
                {"terminal_punct", true, "Lines must end in `.`, `?`, `!` or a quote. FineWeb switches it off."},
                {"sentences_min", 5, "Drop texts with fewer sentences in the lines that are left; -1: no rule."},
                {"line_words_min", 3, "Take out lines with fewer words; -1: no rule."},
                {"word_chars_max", 1000, "Take out lines with a longer word, in code points; -1: no rule."},
                {"lorem_ipsum", true, "Drop texts with that phrase."},
                {"javascript", true, "Take out lines with that word."},
                {"curly_bracket", true, "Drop texts with `{`."},
                {"policy", true, "Take out lines on cookies, privacy and terms of use."},
                word_rules_option()},
    .make = make,
};

}  // namespace millpond::curate
