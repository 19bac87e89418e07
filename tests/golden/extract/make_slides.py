"""Writes mill.pptx with python-pptx 1.0, and mill.ppt as LibreOffice 7.4 (soffice) saves it for PowerPoint 97.

Needs olefile. The records of mill.ppt stay as they were written; only the file around them is made anew, without its preview of 400 KB.
"""

import pathlib
import struct
import subprocess
import tempfile

import olefile
from pptx import Presentation
from pptx.util import Cm

HERE = pathlib.Path(__file__).parent
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def slides(path):
    deck = Presentation()
    one = deck.slides.add_slide(deck.slide_layouts[1])
    one.shapes.title.text = "What a mill has"
    body = one.placeholders[1].text_frame
    body.text = "Wheels – Räder"
    for text, level in (("of oak", 1), ("Stones", 0)):
        paragraph = body.add_paragraph()
        paragraph.text, paragraph.level = text, level
    box = one.shapes.add_textbox(Cm(2), Cm(17), Cm(12), Cm(1)).text_frame
    box.text = "A box below: 漢字."
    one.notes_slide.notes_text_frame.text = "Speak slowly here."
    two = deck.slides.add_slide(deck.slide_layouts[5])
    two.shapes.title.text = "Flour"
    table = two.shapes.add_table(2, 3, Cm(2), Cm(5), Cm(20), Cm(4)).table
    for row, cells in enumerate((("Kind and day", "", "Sacks"), ("Rye", "Monday", "12"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    deck.save(path)


def entry(name, kind, right, child, start, size):
    wide = name.encode("utf-16le")
    head = wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide) + 2 if name else 0, kind, 1, FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def compound(streams):
    follow, sectors = [TABLE], b""
    directory = entry("Root Entry", 5, FREE, 1, END, 0)
    for number, (name, data) in enumerate(streams, 1):
        data = data.ljust(4096, b"\0")
        start, count = len(follow), -(-len(data) // 512)
        follow += [*range(start + 1, start + count), END]
        sectors += data.ljust(count * 512, b"\0")
        directory += entry(name, 2, number + 1 if number < len(streams) else FREE, FREE, start, len(data))
    while len(directory) % 512:
        directory += entry("", 0, FREE, FREE, 0, 0)
    at, count = len(follow), len(directory) // 512
    follow += [*range(at + 1, at + count), END]
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<10I", 0, 1, at, 0, 4096, END, 0, END, 0, 0)
    table = b"".join(struct.pack("<I", each) for each in follow)
    return header.ljust(512, b"\xff") + table.ljust(512, b"\xff") + sectors + directory


with tempfile.TemporaryDirectory() as folder:
    deck = pathlib.Path(folder, "mill.pptx")
    slides(deck)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "ppt", "--outdir", folder, deck],
        check=True,
    )
    file = olefile.OleFileIO(deck.with_suffix(".ppt"))
    streams = [(name, file.openstream(name).read()) for name in ("Current User", "PowerPoint Document")]
    HERE.joinpath("mill.ppt").write_bytes(compound(streams))
    HERE.joinpath("mill.pptx").write_bytes(deck.read_bytes())
