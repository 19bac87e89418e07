"""Makes what the tests of speech compare with: faster-whisper's spectrogram, Silero's segments, and a spoken text.

Needs faster-whisper, silero-vad (with NumPy) and soundfile, and the program espeak-ng; run it in this folder.
"""
import subprocess
import sys

import numpy as np
import soundfile
from faster_whisper.audio import decode_audio
from faster_whisper.feature_extractor import FeatureExtractor
from silero_vad.utils_vad import get_speech_timestamps_from_probs

TEXT = {
    "en-us": "Every table is a function of other tables. A build computes again only what has changed. "
             "Data and cursor are committed together, so a crash at any point loses nothing.",
    "de": "Jede Tabelle ist eine Funktion anderer Tabellen. Nichts geht verloren.",
}


def signal(count):
    """Three tones and a little noise that anybody can make again."""
    i = np.arange(count, dtype=np.float64)
    noise = ((np.arange(count, dtype=np.int64) * 7919 + 104729) % 65537) / 65537 - 0.5
    tones = 0.3 * np.sin(i * 0.05) + 0.2 * np.sin(i * 0.31 + 1) + 0.1 * np.sin(i * 1.7)
    return (tones * (i < count // 2) + 0.01 * noise).astype(np.float32)


def probabilities(seed, count):
    """Runs of speech and pauses, from a linear congruence."""
    state, values, level, left = seed, [], 0.1, 0
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        if left == 0:
            level, left = (0.9 if level < 0.5 else 0.1), 1 + state // 65536 % (60 if level < 0.5 else 14)
        left -= 1
        values.append(np.float32(level + (state // 256 % 100 - 50) / 130))
    return values


def main():
    spectrum = FeatureExtractor()(signal(16000))[:, :-1]
    with open("spectrogram.txt", "w", encoding="ascii") as out:
        for band in range(0, 80, 7):
            out.write(" ".join(f"{spectrum[band, frame]:.6f}" for frame in range(0, 100, 9)) + "\n")
    with open("segments.txt", "w", encoding="ascii") as out:
        for seed, count in ((1, 100), (2, 3000), (3, 5000), (4, 31), (5, 8000)):
            made = get_speech_timestamps_from_probs(
                probabilities(seed, count), max_speech_duration_s=30, min_silence_duration_ms=160, speech_pad_ms=200,
                audio_length_samples=count * 512 - 100)
            out.write(f"{seed} {count}" + "".join(f" {s['start']} {s['end']}" for s in made) + "\n")
    for language, text in TEXT.items():
        subprocess.run(["espeak-ng", "-v", language, "-s", "150", "-w", "spoken.wav", text], check=True)
        soundfile.write(f"{language}.ogg", decode_audio("spoken.wav"), 16000, format="OGG", subtype="VORBIS")
        subprocess.run(["rm", "spoken.wav"], check=True)
    if len(sys.argv) > 1:  # the folder of Whisper: what it says
        from faster_whisper import WhisperModel
        model = WhisperModel(sys.argv[1], device="cpu", compute_type="float32")
        for language in TEXT:
            said, _ = model.transcribe(f"{language}.ogg", beam_size=1, condition_on_previous_text=False)
            print(language, [segment.text for segment in said])


main()
