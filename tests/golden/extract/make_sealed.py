"""Writes sealed.pdf with reportlab: a page that needs the password "open sesame" (RC4, 128 bits)."""

import pathlib

from reportlab.lib.pagesizes import A5
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

page = canvas.Canvas(str(pathlib.Path(__file__).parent / "sealed.pdf"), pagesize=A5, invariant=1,
                     encrypt=StandardEncryption("open sesame", ownerPassword="the owner's", strength=128))
page.drawString(50, 500, "The letter is sealed.")
page.save()
