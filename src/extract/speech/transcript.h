#pragma once
// What is said in a file of sound: voices are found, heard in windows of at most 30 s, and written down with times.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "extract/sound/media_facts.h"
#include "extract/speech/sound_stream.h"
#include "extract/speech/voice_segments.h"
#include "extract/speech/whisper_vocabulary.h"
#include "millpond/extract/document.h"
#include "model/speech_backend.h"

namespace millpond::extract {

struct Transcript {
  std::string language;  ///< in which most is said
  std::vector<MediaCue> cues;
};

/// How far it is: 0 to 1 of finding voices, then of the words in them.
struct SpeechAdvance {
  bool words = false;
  double share = 0;
};
using SpeechAdvanced = std::function<void(const SpeechAdvance&)>;

/// Models of speech, loaded once for many files.
/// Threads: one.
class SpeechReader {
 public:
  /// Loads "whisper-base" and "silero-vad". Errors: kNotFound without them or the inference plug-in; kUnsupported.
  static Result<std::unique_ptr<SpeechReader>> open(int threads);

  /// Where somebody speaks, and how long the sound is, in samples at 16 kHz.
  Result<std::vector<VoiceSegment>> find_voices(SoundStream& sound, const std::function<void()>& advanced);

  /// Writes down a file. The sound is decoded twice, so that memory does not depend on its length: once for voices,
  /// once for words. `advanced` is called for each token, or more often.
  /// Errors: as `open_sound`; kInternal from the inference library.
  Result<Transcript> read(std::string_view bytes, const SpeechAdvanced& advanced);

 private:
  SpeechReader(std::unique_ptr<model::SpeechBackend> backend, WhisperVocabulary vocabulary)
      : backend_(std::move(backend)), vocabulary_(std::move(vocabulary)) {}

  std::unique_ptr<model::SpeechBackend> backend_;
  WhisperVocabulary vocabulary_;
};

/// Whether a media type is one of sound or film.
bool may_be_heard(std::string_view media_type);

/// Whether the sound can be decoded, without any model.
/// Errors: kNotFound for a film without sound; kUnsupported, which says what of it is not decoded; kUnavailable.
Status can_be_heard(std::string_view bytes, const Document& document);

/// Whether a document has what is said already, as subtitles do.
bool has_subtitles(const Document& document);

/// What wrote a transcript, for the document's metadata.
inline constexpr std::string_view kSpeechModel = "whisper-base";

/// Adds a transcript under a title of its own, in paragraphs with their time, as subtitles are.
Status add_transcript(const Transcript& transcript, const Limits& limits, Document& document);

}  // namespace millpond::extract
