#include "extract/hearing.h"

#include <filesystem>
#include <system_error>

#include "extract/media/av_library.h"
#include "extract/speech/transcript.h"
#include "millpond/model/catalog.h"

namespace millpond::extract {

std::string hearing_here() {
  std::string what;
  const auto whisper = model::find_model("whisper-base"), silero = model::find_model("silero-vad");
  if (whisper.ok() && silero.ok()) {
    // The size tells other weights apart without 150 MB being read each time.
    std::error_code error;
    const auto size_bytes = std::filesystem::file_size(*whisper + "/model.bin", error);
    if (!error) what = std::string(kSpeechModel) + " " + std::to_string(size_bytes);
  }
  if (const std::string library = av::library_file(); !library.empty()) what += (what.empty() ? "" : ", ") + library;
  return what;
}

}  // namespace millpond::extract
