"""Writes wheels.ods and slides.odp with odfpy 1.4.1. The other files are mill.md as pandoc 3.9 (-s) writes it."""

import pathlib

from odf.draw import Frame, Page, TextBox
from odf.namespaces import PRESENTATIONNS
from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet
from odf.presentation import Notes
from odf.style import MasterPage, PageLayout
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import List, ListItem, P

HERE = pathlib.Path(__file__).parent


def cell(text, **more):
    made = TableCell(**more)
    made.addElement(P(text=text))
    return made


def frame(kind, content):
    made = Frame(width="10cm", height="5cm", x="1cm", y="4cm")
    made.setAttrNS(PRESENTATIONNS, "class", kind)
    box = TextBox()
    box.addElement(content)
    made.addElement(box)
    return made


def spreadsheet():
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Wheels")
    for values in (("Kind", "Share"), ("oak", 3), ("elm", 12)):
        row = TableRow()
        for value in values:
            number = {"valuetype": "float", "value": str(value)} if isinstance(value, int) else {"valuetype": "string"}
            row.addElement(cell(str(value), **number))
        sheet.addElement(row)
    sheet.addElement(TableRow(numberrowsrepeated=5))
    row = TableRow()
    row.addElement(cell("both", valuetype="string", numbercolumnsspanned=2))
    row.addElement(CoveredTableCell())
    row.addElement(cell("1 March", valuetype="date", datevalue="2026-03-01"))
    sheet.addElement(row)
    book.spreadsheet.addElement(sheet)
    book.save(str(HERE / "wheels.ods"))


def presentation():
    show = OpenDocumentPresentation()
    layout = PageLayout(name="L")
    show.automaticstyles.addElement(layout)
    master = MasterPage(name="M", pagelayoutname=layout)
    show.masterstyles.addElement(master)
    page = Page(masterpagename=master, name="one")
    points = List()
    for text in ("water", "grain"):
        item = ListItem()
        item.addElement(P(text=text))
        points.addElement(item)
    page.addElement(frame("outline", points))
    page.addElement(frame("title", P(text="The Mill")))
    notes = Notes()
    notes.addElement(frame("notes", P(text="Say hello.")))
    page.addElement(notes)
    show.presentation.addElement(page)
    show.save(str(HERE / "slides.odp"))


spreadsheet()
presentation()
