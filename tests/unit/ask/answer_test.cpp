#include "millpond/ask/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "millpond/model/chat.h"

namespace millpond::ask {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Passage> kHandbook = {
    {.row = "a1",
     .text =
         "Either side may end the contract. The notice period is three months to the end of a month. During the first "
         "6 months it is two weeks.",
     .uri = "handbook.pdf",
     .title = "Handbook",
     .heading_path = {"Leaving"},
     .first_page = 12,
     .last_page = 12,
     .score = 0.9,
     .vector_score = 0.7},
    {.row = "b2",
     .text = "Holidays are 30 days a year. Unused days are not paid out. Maria Keller in Bonn answers questions.",
     .uri = "handbook.pdf",
     .title = "Handbook",
     .heading_path = {"Holidays"},
     .score = 0.4,
     .vector_score = 0.2},
};

index::Found found_of(std::vector<index::QueryTerm> terms) {
  index::Found found;
  found.rows = 500;
  found.vector_mean = 0.05;
  for (index::QueryTerm& term : terms) {
    const auto with = static_cast<double>(term.rows);
    term.weight = std::log1p((500 - with + 0.5) / (with + 0.5));
  }
  found.terms = std::move(terms);
  return found;
}
const index::Found kNotice = found_of({{"long", 1, 40}, {"notic", 1, 2}, {"period", 1, 9}});

std::unique_ptr<Answerer> answerer(AnswerOptions options = {}) { return *Answerer::make(std::move(options)); }

Answer check(std::string_view written) {
  Context context;
  auto answer = answerer()->check(written, kHandbook, {}, context);
  EXPECT_TRUE(answer.ok());
  return *std::move(answer);
}

TEST(Quote, IsASentenceOfThePassageWordForWord) {
  Context context;
  const auto answer =
      answerer({.sentences_max = 1})->quote("How long is the notice period?", kHandbook, kNotice, context);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->kind, Answer::Kind::kQuoted);
  EXPECT_EQ(answer->text, "The notice period is three months to the end of a month. [1]");
  ASSERT_EQ(answer->citations.size(), 1U);
  const Quote quote = answer->citations[0].quotes[0];
  EXPECT_EQ(quote.passage, 0);
  EXPECT_EQ(kHandbook[0].text.substr(quote.begin, quote.end - quote.begin),
            "The notice period is three months to the end of a month.");
}

TEST(Quote, NotInYourDocumentsIsAnAnswer) {
  Context context;
  const index::Found found = found_of({{"capit", 1, 0}, {"mongolia", 1, 0}});
  std::vector<Passage> passages = kHandbook;
  for (Passage& passage : passages) passage.vector_score = 0.1;
  const auto answer = answerer()->quote("What is the capital of Mongolia?", passages, found, context);
  EXPECT_EQ(answer->kind, Answer::Kind::kNotFound);
  EXPECT_TRUE(answer->text.empty());
  EXPECT_LT(answer->evidence.probability, 0.5);
  EXPECT_EQ(answerer()->quote("How long is the notice period?", {}, kNotice, context)->kind, Answer::Kind::kNotFound);
}

TEST(Quote, SaysNothingTwice) {
  Context context;
  std::vector<Passage> passages = {kHandbook[0], kHandbook[0]};
  passages[1].row = "c3";
  const auto answer = answerer()->quote("How long is the notice period?", passages, kNotice, context);
  int told = 0;
  for (const AnswerSentence& sentence : answer->sentences)
    told += sentence.text.starts_with("The notice period") ? 1 : 0;
  EXPECT_EQ(told, 1);
}

TEST(Quote, WhatAColonAnnouncesComesWithIt) {
  Context context;
  const std::vector<Passage> passages = {
      {.text = "To hold a package, use:\n\n- aptitude hold NAME\n- aptitude unhold NAME\n\nOther text.",
       .score = 1,
       .vector_score = 0.7}};
  const index::Found found = found_of({{"hold", 1, 4}, {"packag", 1, 90}});
  const auto answer = answerer({.sentences_max = 2})->quote("How do I hold a package?", passages, found, context);
  EXPECT_EQ(answer->text, "To hold a package, use:\n\n- aptitude hold NAME\n- aptitude unhold NAME [1]");
}

TEST(Quote, AQuestionAboutANameThatNoPassageHoldsIsNotAnswered) {
  Context context;
  const index::Found found = found_of({{"long", 1, 40}, {"notic", 1, 2}, {"period", 1, 9}, {"siemen", 1, 0}});
  std::vector<Passage> passages = kHandbook;
  for (Passage& passage : passages) passage.vector_score = 0.3;
  const auto answer = answerer()->quote("How long is the notice period at Siemens?", passages, found, context);
  EXPECT_EQ(answer->evidence.names, 0);
  EXPECT_EQ(answer->kind, Answer::Kind::kNotFound);
}

TEST(Check, ASentenceThatThePassageHoldsIsSupported) {
  const Answer answer = check("The notice period is three months [1]. Holidays are 30 days [2].");
  EXPECT_EQ(answer.unsupported, 0);
  EXPECT_EQ(answer.sentences.size(), 2U);
  EXPECT_EQ(answer.sentences[0].support, 1);
  ASSERT_FALSE(answer.citations[0].quotes.empty());
  const Quote quote = answer.citations[0].quotes[0];
  EXPECT_THAT(kHandbook[0].text.substr(quote.begin, quote.end - quote.begin), HasSubstr("notice period"));
}

TEST(Check, FindsWhatIsWrong) {
  const auto flaw = [](std::string_view written) { return check(written).sentences.at(0).flaw; };
  EXPECT_EQ(flaw("The notice period is three months."), Flaw::kNoCitation);
  EXPECT_EQ(flaw("The notice period is three months [7]."), Flaw::kNoCitation);
  EXPECT_EQ(flaw("Holidays are 28 days a year [2]."), Flaw::kNumber);
  EXPECT_EQ(flaw("Questions are answered by Peter Keller [2]."), Flaw::kName);
  EXPECT_EQ(flaw("Employees receive company cars after probation [1]."), Flaw::kWords);
  EXPECT_EQ(flaw("Unused days are paid out [2]."), Flaw::kNegation);
  EXPECT_EQ(flaw("Unused days are not paid out [2]."), Flaw::kNone);
  EXPECT_EQ(flaw("Holidays are 30 days a year [1]."), Flaw::kNumber) << "another passage holds it, not the one cited";
}

TEST(Check, NumbersMustBeThereAsTheyAre) {
  const std::vector<Passage> passages = {{.text = "The fee is 1,250.50 euros from 2024."}};
  Context context;
  const auto unsupported = [&](std::string_view written) {
    return answerer()->check(written, passages, {}, context)->unsupported;
  };
  EXPECT_EQ(unsupported("The fee is 1250.50 euros [1]."), 0);
  EXPECT_EQ(unsupported("The fee is 1250 euros [1]."), 1);
  EXPECT_EQ(unsupported("The fee is 50 euros [1]."), 1);
  EXPECT_EQ(unsupported("The fee is from 2025 [1]."), 1);
}

TEST(Check, MarkersAreNumberedInOrderOfUse) {
  const Answer answer = check("Holidays are 30 days [2]. The notice period is three months [1][2].");
  EXPECT_EQ(answer.citations[0].passage, 1);
  EXPECT_EQ(answer.citations[1].passage, 0);
  EXPECT_EQ(answer.text, "Holidays are 30 days. [1] The notice period is three months. [2] [1]");
}

/// Says what it is told to, in pieces.
class Parrot final : public model::ChatModel {
 public:
  explicit Parrot(std::string text) : text_(std::move(text)) {}
  Result<model::ChatReply> complete(std::span<const model::ChatMessage> messages, Context&,
                                    const model::OnText& on_text) override {
    asked.assign(messages.begin(), messages.end());
    for (std::size_t at = 0; on_text && at < text_.size(); at += 5)
      MP_TRY(on_text(std::string_view(text_).substr(at, 5)));
    return model::ChatReply{text_, "stop", {}};
  }
  std::vector<model::ChatMessage> asked;

 private:
  std::string text_;
};

TEST(Write, StreamsAndChecksWhatTheModelWrote) {
  Context context;
  Parrot parrot("The notice period is three months [1]. It was five months in 1990 [1].");
  std::string streamed;
  const auto answer = answerer()->write("How long is the notice period?", kHandbook, kNotice, parrot, context,
                                        [&](std::string_view piece) {
                                          streamed.append(piece);
                                          return Status();
                                        });
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(streamed, "The notice period is three months [1]. It was five months in 1990 [1].");
  EXPECT_EQ(answer->kind, Answer::Kind::kWritten);
  EXPECT_EQ(answer->unsupported, 1);
  EXPECT_EQ(answer->sentences[1].flaw, Flaw::kNumber);
  EXPECT_EQ(answer->sentences[1].detail, "1990");
}

TEST(Write, AModelThatFindsNoAnswerSaysSoAndNothingIsStreamed) {
  Context context;
  Parrot parrot("NOT_IN_DOCUMENTS");
  std::string streamed;
  const auto answer = answerer()->write("How long is the notice period?", kHandbook, kNotice, parrot, context,
                                        [&](std::string_view piece) {
                                          streamed.append(piece);
                                          return Status();
                                        });
  EXPECT_EQ(answer->kind, Answer::Kind::kNotFound);
  EXPECT_EQ(streamed, "");
}

TEST(Write, NoModelIsAskedWhatTheDocumentsDoNotCover) {
  Context context;
  Parrot parrot("Ulaanbaatar [1].");
  std::vector<Passage> passages = {kHandbook[1]};
  passages[0].vector_score = 0.05;
  const auto answer = answerer()->write("What is the capital of Mongolia?", passages,
                                        found_of({{"capit", 1, 0}, {"mongolia", 1, 0}}), parrot, context);
  EXPECT_EQ(answer->kind, Answer::Kind::kNotFound);
  EXPECT_TRUE(parrot.asked.empty());
}

TEST(Answerer, AnUnknownLanguageIsAnError) {
  EXPECT_EQ(Answerer::make({.language = "klingon"}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace millpond::ask
