#pragma once
// Check digits of cards, accounts and identity numbers. All take digits (letters where said) without separators.

#include <cstddef>
#include <string>
#include <string_view>

namespace millpond::curate {

bool luhn_holds(std::string_view digits);
bool verhoeff_holds(std::string_view digits);
/// ISO 7064 modulo 11,10, the check digit last.
bool mod_11_10_holds(std::string_view digits);
/// Modulo 97 of digits and letters (A is 10), as ISO 7064 has it.
int mod_97(std::string_view text, int before = 0);
/// The sum of digits by weights; `weights` are digits, longer ones of letters ("a" is 10).
int weighted_sum(std::string_view digits, std::string_view weights);

/// The account's country has IBANs of this length (0: it has none).
std::size_t iban_size(std::string_view country);
bool iban_holds(std::string_view iban);  ///< in upper case

bool nhs_holds(std::string_view digits);
bool bsn_holds(std::string_view digits);
bool pesel_holds(std::string_view digits);  ///< and its date is one
bool de_tax_id_holds(std::string_view digits);
bool cpf_holds(std::string_view digits);
bool cnpj_holds(std::string_view digits);
/// 13 characters (2A and 2B for Corsica) and a key of two digits.
bool insee_holds(std::string_view text);
char dni_letter(std::string_view digits);
bool fiscal_code_holds(std::string_view code);

/// The bytes behind a Base58Check text; false if the text or its checksum is wrong.
bool base58check_holds(std::string_view text);
bool segwit_holds(std::string_view text);  ///< Bech32 or Bech32m (BIP 173, BIP 350), in lower case
bool eip55_holds(std::string_view hex);    ///< 40 digits in mixed case

}  // namespace millpond::curate
