#include "extract/speech/transcript.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "extract/speech/transcriber.h"
#include "millpond/extract/subtitles.h"
#include "millpond/model/catalog.h"
#include "model/speech_loader.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kFramesAtOnce = 512, kContext = 64, kListened = kContext + kVoiceFrameSamples;
constexpr std::int64_t kWindowSamples = 30 * kSpeechRateHz;

Result<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  if (!file || !(out << file.rdbuf())) return not_found("the speech model lacks a file: ", path);
  return std::move(out).str();
}

/// Samples from the place where the last ones ended.
class Window {
 public:
  explicit Window(SoundStream& sound) : sound_(sound) {}

  Result<std::span<const float>> take(const VoiceSegment& part) {
    const auto drop = [&] {
      const std::int64_t old = std::min(part.begin - begin_, std::ssize(held_));
      held_.erase(held_.begin(), held_.begin() + old);
      begin_ += old;
    };
    drop();
    while (begin_ + std::ssize(held_) < part.end) {
      const std::size_t before = held_.size();
      MP_TRY(sound_.read(held_));
      if (held_.size() == before) break;
      drop();
    }
    const std::int64_t count = std::min(part.end - begin_, std::ssize(held_));
    return std::span<const float>(held_).first(static_cast<std::size_t>(std::max<std::int64_t>(0, count)));
  }

 private:
  SoundStream& sound_;
  std::vector<float> held_;
  std::int64_t begin_ = 0;
};

}  // namespace

bool may_be_heard(std::string_view media_type) {
  return media_type.starts_with("audio/") || media_type.starts_with("video/");
}

bool has_subtitles(const Document& document) {
  return std::any_of(document.elements.begin(), document.elements.end(), [](const Element& element) {
    return element.kind == ElementKind::kTitle && element.text == "Subtitles";
  });
}

Status can_be_heard(std::string_view bytes, const Document& document) {
  // The tracks stand in the first table: what kind, by which codec.
  std::string codec;
  for (const Element& element : document.elements) {
    if (element.kind != ElementKind::kTable || !element.text.starts_with("track\tcodec\t")) continue;
    const std::size_t row = element.text.find("\naudio\t");
    if (row == std::string::npos) return not_found("no track of sound");
    codec = element.text.substr(row + 7, element.text.find('\t', row + 7) - row - 7);
    break;
  }
  const auto sound = open_sound(bytes);
  if (sound.ok()) return {};
  if (sound.status().code() == Code::kNotFound || sound.status().code() == Code::kDataCorrupt) return sound.status();
  const Status status(sound.status().code(),
                      "the sound is not decoded here: " + (codec.empty() ? sound.status().message() : codec));
  return Status(status).hint(sound.status().hint().empty() ? "Give it as WAV, FLAC, Ogg or MP3."
                                                           : sound.status().hint());
}

Result<std::unique_ptr<SpeechReader>> SpeechReader::open(int threads) {
  MP_ASSIGN(const std::string whisper, model::find_model("whisper-base"));
  MP_ASSIGN(const std::string silero, model::find_model("silero-vad"));
  MP_ASSIGN(const std::string lines, text_of(whisper + "/vocabulary.txt"));
  MP_ASSIGN(const std::string config, text_of(whisper + "/config.json"));
  MP_ASSIGN(WhisperVocabulary vocabulary, read_vocabulary(lines, config));
  MP_ASSIGN(std::unique_ptr<model::SpeechBackend> backend, model::open_speech(whisper, silero, threads));
  return std::unique_ptr<SpeechReader>(new SpeechReader(std::move(backend), std::move(vocabulary)));
}

Result<std::vector<VoiceSegment>> SpeechReader::find_voices(SoundStream& sound, const std::function<void()>& advanced) {
  std::vector<float> held(kContext, 0.0F), frames, probabilities, some;
  std::int64_t samples = 0;
  std::string error;
  backend_->listen_anew();
  for (bool ended = false; !ended;) {
    const std::size_t before = held.size();
    while (!ended && held.size() < kContext + kFramesAtOnce * kVoiceFrameSamples) {
      const std::size_t so_far = held.size();
      MP_TRY(sound.read(held));
      ended = held.size() == so_far;
    }
    samples += static_cast<std::int64_t>(held.size() - before);
    std::size_t count = (held.size() - kContext) / kVoiceFrameSamples;
    if (ended && (held.size() - kContext) % kVoiceFrameSamples != 0) {
      ++count;
      held.resize(kContext + count * kVoiceFrameSamples, 0.0F);
    }
    if (count == 0) break;
    frames.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const auto from = held.begin() + static_cast<std::ptrdiff_t>(i * kVoiceFrameSamples);
      frames.insert(frames.end(), from, from + kListened);
    }
    if (!backend_->listen(frames.data(), count, some, error)) return internal("voices: ", error);
    advanced();
    probabilities.insert(probabilities.end(), some.begin(), some.end());
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(count * kVoiceFrameSamples));
  }
  return voice_segments(probabilities, samples);
}

Result<Transcript> SpeechReader::read(std::string_view bytes, const SpeechAdvanced& advanced) {
  Transcript made;
  std::vector<VoiceSegment> windows;
  {
    MP_ASSIGN(const std::unique_ptr<SoundStream> sound, open_sound(bytes));
    MP_ASSIGN(const std::vector<VoiceSegment> voices,
              find_voices(*sound, [&] { advanced({.words = false, .share = 0}); }));
    windows = join_segments(voices, kWindowSamples);
  }
  MP_ASSIGN(const std::unique_ptr<SoundStream> sound, open_sound(bytes));
  Window window(*sound);
  double done = 0;
  Transcriber transcriber(*backend_, vocabulary_, [&] { advanced({.words = true, .share = done}); });
  std::map<std::string, std::int64_t> spoken_ms;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    MP_ASSIGN(const std::span<const float> samples, window.take(windows[i]));
    MP_ASSIGN(HeardWindow heard, transcriber.hear(samples));
    const std::int64_t begin_ms = windows[i].begin * 1000 / kSpeechRateHz;
    for (MediaCue& cue : heard.cues) {
      cue.from_ms += begin_ms, cue.to_ms += begin_ms;
      spoken_ms[heard.language] += cue.to_ms - cue.from_ms;
      made.cues.push_back(std::move(cue));
    }
    done = static_cast<double>(i + 1) / static_cast<double>(windows.size());
    advanced({.words = true, .share = done});
  }
  std::int64_t most = -1;
  for (const auto& [language, ms] : spoken_ms) {
    if (ms > most) made.language = language, most = ms;
  }
  return made;
}

Status add_transcript(const Transcript& transcript, const Limits& limits, Document& document) {
  if (transcript.cues.empty()) return {};
  MP_ASSIGN(Document said, parse_subtitles(as_vtt(transcript.cues), limits));
  if (document.language.empty()) document.language = transcript.language;
  document.elements.push_back({.kind = ElementKind::kTitle, .level = 2, .text = "Transcript"});
  for (Element& element : said.elements) document.elements.push_back(std::move(element));
  return {};
}

}  // namespace millpond::extract
