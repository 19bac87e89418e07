#!/usr/bin/env python3
"""Makes the sounds and films that specifications read, with ffmpeg: tests/spec/extract/files/mill.{wav,flac,ogg,opus,mp3,mp4,mkv,webm}.
usage: make_media.py
"""
import subprocess
import tempfile
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "spec/extract/files"
TAGS = ["-metadata", "title=The mill", "-metadata", "artist=Ada Müller", "-metadata", "date=2026", "-metadata", "comment=Recorded at the river"]
SUBTITLES = """1
00:00:00,100 --> 00:00:00,900
The sluice gate opens.

2
00:00:01,000 --> 00:00:01,800
<i>Größe</i> & weight,
of the wheel.
"""
CHAPTERS = """;FFMETADATA1
title=The mill
artist=Ada Müller
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1000
title=Morning
[CHAPTER]
TIMEBASE=1/1000
START=1000
END=2000
title=Noon
"""


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-bitexact", *map(str, words)], check=True)


def main():
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=0.25"]
    for name, codec in (("wav", ["-c:a", "pcm_s16le"]), ("flac", ["-c:a", "flac"]), ("ogg", ["-c:a", "libvorbis", "-ar", "16000"]),
                        ("opus", ["-c:a", "libopus", "-f", "ogg"]), ("mp3", ["-c:a", "libmp3lame", "-b:a", "16k"])):
        ffmpeg(*tone, *TAGS, *codec, FILES / f"mill.{name}")
    picture = ["-f", "lavfi", "-i", "color=c=gray:size=16x16:rate=5:duration=2"]
    with tempfile.TemporaryDirectory() as folder:
        subtitles, chapters = Path(folder, "mill.srt"), Path(folder, "mill.txt")
        subtitles.write_text(SUBTITLES)
        chapters.write_text(CHAPTERS)
        for name, video, text in (("mp4", "libx264", "mov_text"), ("mkv", "libx264", "srt"), ("webm", "libvpx", "webvtt")):
            ffmpeg(*picture, "-i", subtitles, "-i", chapters, "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2", "-c:v", video,
                   "-c:s", text, "-metadata:s:s:0", "language=eng", FILES / f"mill.{name}")


if __name__ == "__main__":
    main()
