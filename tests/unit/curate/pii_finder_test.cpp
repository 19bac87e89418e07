// Personal data in texts: check digits, where findings are, and that no text takes longer than its length allows.

#include "curate/pii/pii_finder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <random>

#include "curate/pii/calling_codes.h"
#include "curate/pii/check_digits.h"
#include "curate/pii/placeholders.h"
#include "curate/pii/pseudonyms.h"

namespace millpond::curate {
namespace {

PiiKindSet all_kinds() { return PiiKindSet().set(); }

std::string found_in(std::string_view text, double confidence_min = 0.6) {
  PiiFinder finder(all_kinds(), confidence_min);
  std::string out;
  for (const PiiFinding& each : finder.find(text)) {
    out += (out.empty() ? "" : "; ") + std::string(info_of(each.kind).name) + " " +
           std::string(text.substr(each.begin, each.end - each.begin));
  }
  return out;
}

TEST(PiiCheckDigits, HoldForPublishedExamplesAndNotForTheNextNumber) {
  EXPECT_TRUE(luhn_holds("4111111111111111"));
  EXPECT_FALSE(luhn_holds("4111111111111112"));
  EXPECT_TRUE(verhoeff_holds("2363"));
  EXPECT_FALSE(verhoeff_holds("2364"));
  EXPECT_TRUE(iban_holds("GB29NWBK60161331926819"));
  EXPECT_FALSE(iban_holds("GB29NWBK60161331926818"));
  EXPECT_TRUE(nhs_holds("9434765919"));
  EXPECT_FALSE(nhs_holds("9434765918"));
  EXPECT_TRUE(bsn_holds("111222333"));
  EXPECT_FALSE(bsn_holds("111222334"));
  EXPECT_TRUE(pesel_holds("44051401359"));
  EXPECT_FALSE(pesel_holds("44051401358"));
  EXPECT_TRUE(de_tax_id_holds("86095742719"));
  EXPECT_FALSE(de_tax_id_holds("86095742718"));
  EXPECT_TRUE(cpf_holds("52998224725"));
  EXPECT_FALSE(cpf_holds("52998224724"));
  EXPECT_TRUE(cnpj_holds("11222333000181"));
  EXPECT_FALSE(cnpj_holds("11222333000182"));
  EXPECT_EQ(dni_letter("12345678"), 'Z');
  EXPECT_TRUE(fiscal_code_holds("RSSMRA85T10A562S"));
  EXPECT_FALSE(fiscal_code_holds("RSSMRA85T10A562T"));
  EXPECT_TRUE(insee_holds("255081416802538"));
  EXPECT_FALSE(insee_holds("255081416802539"));
}

TEST(PiiCheckDigits, HoldForAddressesOfCoins) {
  EXPECT_TRUE(base58check_holds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"));
  EXPECT_FALSE(base58check_holds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"));
  EXPECT_TRUE(segwit_holds("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"));
  EXPECT_TRUE(segwit_holds("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"));
  EXPECT_FALSE(segwit_holds("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"));
  EXPECT_TRUE(eip55_holds("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
  EXPECT_FALSE(eip55_holds("5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
}

TEST(PiiFinder, TellsNearMissesFromFinds) {
  EXPECT_EQ(found_in("order 4111-1111-1111-1112, ISBN 978-0-306-40615-7, 2024-01-31 12:00:00"), "");
  EXPECT_EQ(found_in("commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad, 550e8400-e29b-41d4-a716-446655440000"), "");
  EXPECT_EQ(found_in("libfoo 1.2.3.4-5, section 4.1.2.3, std::vector<int>::iterator, logo@2x.png"), "");
  EXPECT_EQ(found_in("Born on 12 March 1984 in Ulm"), "birth_date 12 March 1984");
  EXPECT_EQ(found_in("dob: 1984-03-12"), "birth_date 1984-03-12");
  EXPECT_EQ(found_in("released 12 March 1984"), "");
  EXPECT_EQ(found_in("lives at 221B Baker Street, or Hauptstraße 12a"),
            "street_address 221B Baker Street; street_address Hauptstraße 12a");
}

TEST(PiiFinder, KeepsTheSurerOfFindingsThatOverlap) {
  EXPECT_EQ(found_in("https://ada:T7hq-x9w@mill.org/x"), "password T7hq-x9w");
  const std::string key = "-----BEGIN PRIVATE KEY-----\n" +
                          std::string("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj") +
                          "\n-----END PRIVATE KEY-----";
  EXPECT_EQ(found_in("x " + key + " y"), "private_key " + key);
}

TEST(PiiFinder, FindsAtEveryPlaceOfABlock) {
  for (std::size_t pad = 0; pad < 130; ++pad) {
    const std::string text = std::string(pad, '.') + " ada@mill.org ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
    EXPECT_EQ(found_in(text), "email ada@mill.org; service_token ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8") << pad;
  }
}

TEST(PiiKernels, AgreeWithTheScalarOne) {
  std::mt19937 random(7);
  std::string bytes(64, '\0');
  for (int round = 0; round < 2000; ++round) {
    for (char& c : bytes) c = static_cast<char>(random());
    const PiiBytes expected = all_pii_kernels()[0]->classes(bytes.data());
    for (const PiiKernel* kernel : all_pii_kernels()) {
      const PiiBytes got = kernel->classes(bytes.data());
      ASSERT_EQ(got.letters, expected.letters) << kernel->name;
      ASSERT_EQ(got.digits, expected.digits) << kernel->name;
      ASSERT_EQ(got.hyphens, expected.hyphens) << kernel->name;
      ASSERT_EQ(got.underscores, expected.underscores) << kernel->name;
      ASSERT_EQ(got.marks, expected.marks) << kernel->name;
    }
  }
}

TEST(PiiFinder, TakesTimeLinearInHostileTexts) {
  const std::string_view parts[] = {"1",
                                    "1 ",
                                    "@",
                                    "a@",
                                    "a.",
                                    "password=",
                                    "1.",
                                    ":",
                                    "a:",
                                    "-",
                                    "-----BEGIN PRIVATE KEY-----\n",
                                    "eyJ",
                                    "eyJhbGciOiJIUzI1NiJ9.",
                                    "DE89",
                                    "555-123-4567-",
                                    "+1 ",
                                    "(1)",
                                    "0x",
                                    "//a:b",
                                    "_",
                                    "secret:\"",
                                    "1/1/1/",
                                    "ff:",
                                    "a1",
                                    "tel 1",
                                    "1,",
                                    "\xC3\xA9"};
  for (const std::string_view part : parts) {
    const auto seconds = [&](std::size_t size) {
      std::string text;
      while (text.size() < size) text += part;
      PiiFinder finder(all_kinds(), 0);
      const std::clock_t start = std::clock();
      finder.find(text);
      return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    };
    const double small = seconds(100'000), large = seconds(800'000);
    EXPECT_LT(large, 8 * 3 * std::max(small, 0.002)) << part;
  }
}

TEST(PiiFinder, ReadsWhatStandsInAQuotedText) {
  EXPECT_EQ(found_in(R"(Name\n(212) 736-5000-Office\n+41 44 668 18 00\n4111111111111111 card)"),
            "phone (212) 736-5000; phone +41 44 668 18 00; credit_card 4111111111111111");
}

TEST(Pseudonyms, AreTheSameForAValueUnderAKeyAndOthersUnderAnother) {
  const Pseudonyms one("0123456789abcdef"), other("0123456789abcdeg");
  EXPECT_EQ(one.pseudonym(PiiKind::kEmail, "ada@mill.org"), one.pseudonym(PiiKind::kEmail, "ADA@mill.org"));
  EXPECT_NE(one.pseudonym(PiiKind::kEmail, "ada@mill.org"), other.pseudonym(PiiKind::kEmail, "ada@mill.org"));
  EXPECT_NE(one.key_id(), other.key_id());
  EXPECT_EQ(one.key_id().find("0123456789abcdef"), std::string::npos);
}

TEST(Pseudonyms, AreNobodysNumbers) {
  const Pseudonyms key("0123456789abcdef");
  for (int i = 0; i < 200; ++i) {
    const std::string digits = std::to_string(100000000 + i * 4321);
    EXPECT_FALSE(bsn_holds(key.pseudonym(PiiKind::kNlBsn, digits)));
    EXPECT_FALSE(iban_holds(key.pseudonym(PiiKind::kIban, "DE89" + digits + "123456789")));
    const std::string card = key.pseudonym(PiiKind::kCreditCard, "4111111" + digits);
    EXPECT_TRUE(luhn_holds(card) && card.starts_with("400000")) << card;
    EXPECT_FALSE(fiscal_code_holds(key.pseudonym(PiiKind::kItFiscalCode, "RSSMRA85T10A562S")));
    EXPECT_TRUE(key.pseudonym(PiiKind::kUsSsn, "536-90-4399").starts_with("000-"));
  }
}

TEST(PiiPlaceholders, AreWhatExamplesSay) {
  for (const char* each :
       {"changeme", "${DB_PASSWORD}", "<token>", "xxxxxxxx", "your-key-here", "AKIAIOSFODNN7EXAMPLE"}) {
    EXPECT_TRUE(is_placeholder(each)) << each;
  }
  EXPECT_FALSE(is_placeholder("c0rnM!ll77"));
}

}  // namespace
}  // namespace millpond::curate
