"""Writes recordings down with faster-whisper on one thread. usage: speech.py MODEL_FOLDER TYPE RECORDING...

Prints one line of JSON: CPU seconds of decoding, finding voices and hearing (the model is loaded before), and the text of each recording.
"""
import json
import sys
import time

from faster_whisper import WhisperModel

model = WhisperModel(sys.argv[1], device="cpu", compute_type=sys.argv[2], cpu_threads=1)
begun, texts = time.process_time(), []
for path in sys.argv[3:]:
    segments, _ = model.transcribe(path, beam_size=1, best_of=1, condition_on_previous_text=False, vad_filter=True)
    texts.append(" ".join(segment.text.strip() for segment in segments))
print(json.dumps({"cpu_seconds": time.process_time() - begun, "texts": texts}))
