"""Reads the passages of a pond as another engine does, with PyIceberg. Usage: pond_rows.py FOLDER CORPUS [MARKER]"""

import json
import os
import sys
from urllib.parse import unquote

from pyiceberg.catalog.sql import SqlCatalog

folder, corpus, marker = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), (sys.argv[3:] or [""])[0]
catalog = SqlCatalog("pond", uri=f"sqlite:///{folder}/.pond/catalog.db", warehouse=f"file://{folder}/.pond/tables")
table = catalog.load_table("main.chunks").scan(selected_fields=("_row", "uri", "text")).to_arrow().to_pydict()
names = [os.path.relpath(unquote(uri.removeprefix("file://")), corpus) for uri in table["uri"]]
print(json.dumps({"rows": len(names), "distinct": len(set(table["_row"])), "files": len(set(names)),
                  "characters": sum(map(len, table["text"])),
                  "marked": sum(marker in text for text in table["text"]) if marker else 0}))
