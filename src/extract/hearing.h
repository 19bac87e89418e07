#pragma once
// What this machine can hear and see of recordings and films.

#include <string>

namespace millpond::extract {

/// Names the models of speech and the libraries that decode, as they are installed here: a part of the fingerprint of
/// `extract`, so that recordings are read again where something was installed later. Empty if nothing is there.
std::string hearing_here();

}  // namespace millpond::extract
