"""Writes scan.pdf with reportlab, pypdfium2 and Pillow: a page set in type, then kept as a picture alone, upright and on its side."""

import io
import pathlib

import pypdfium2
from reportlab.lib.pagesizes import A5
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

HERE = pathlib.Path(__file__).parent
LINES = ("The notice period is three months to the end of a quarter for", "both parties to the contract. It must be given in writing,",
         "and it starts on the day on which the letter arrives.")


def typeset():
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=A5)
    page.setFont("Times-Bold", 20)
    page.drawString(50, 520, "Notice")
    page.setFont("Times-Roman", 11)
    for i, line in enumerate(LINES):
        page.drawString(50, 490 - 14 * i, line)
    page.save()
    return out.getvalue()


def main():
    picture = pypdfium2.PdfDocument(typeset())[0].render(scale=200 / 72).to_pil().convert("L")
    page = canvas.Canvas(str(HERE / "scan.pdf"), invariant=1)
    for turned in (picture, picture.rotate(90, expand=True)):
        jpeg = io.BytesIO()
        turned.save(jpeg, "jpeg", quality=50)
        size = turned.width * 72 / 200, turned.height * 72 / 200
        page.setPageSize(size)
        page.drawImage(ImageReader(jpeg), 0, 0, *size)
        page.showPage()
    page.save()


main()
