"""Makes films in codings for which the libraries that the tests load have no encoder: H.264 and HEVC, three scenes of a second each.

Needs PyAV (which has x264 and x265) and NumPy; run it in this folder.
"""
import av
import numpy as np


def picture(number, width=160, height=120):
    """A scene a second, a square that moves in it."""
    grounds = ((200, 40, 40), (40, 160, 60), (30, 60, 200))
    pixels = np.full((height, width, 3), grounds[number // 10], dtype=np.uint8)
    left = 10 + 4 * (number % 10)
    pixels[30:70, left:left + 40] = 255 - pixels[30:70, left:left + 40]
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


for name, codec, options in (("h264.mp4", "libx264", {"bf": "2"}), ("hevc.mkv", "libx265", {"x265-params": "log-level=none:keyint=10"})):
    with av.open(name, "w") as out:
        stream = out.add_stream(codec, rate=10, options=dict(options, g="10", crf="30"))
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(30):
            out.mux(stream.encode(picture(number)))
        out.mux(stream.encode())
