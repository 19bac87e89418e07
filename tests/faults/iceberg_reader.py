"""Reads ponds with PyIceberg for the fault tests: a line on standard input names a pond, a line of JSON says what it holds.

"files POND" lists the paths that the current metadata of its tables names.
"""
import json
import os
import sys

from pyiceberg.catalog.sql import SqlCatalog


def catalog_of(pond):
    return SqlCatalog("pond", uri=f"sqlite:///{pond}/catalog.db", warehouse=f"file://{pond}")


def path_of(uri):
    return uri.removeprefix("file://")


def rows(table, columns):
    data = table.scan(selected_fields=tuple(columns)).to_arrow().to_pydict()
    return [[value.hex() if isinstance(value, bytes) else value for value in row] for row in zip(*(data[name] for name in columns))]


def content(pond):
    catalog = catalog_of(pond)
    return {"documents": rows(catalog.load_table("main.documents"), ["_row", "uri"]),
            "chunks": rows(catalog.load_table("main.chunks"), ["_row", "_parent", "uri", "text"])}


def files(pond):
    catalog = catalog_of(pond)
    named = set()
    for name in catalog.list_tables("main"):
        table = catalog.load_table(name)
        named.add(path_of(table.metadata_location))
        named.update(path_of(entry.metadata_file) for entry in table.metadata.metadata_log)
        for snapshot in table.metadata.snapshots:
            named.add(path_of(snapshot.manifest_list))
            for manifest in snapshot.manifests(table.io):
                named.add(path_of(manifest.manifest_path))
                named.update(path_of(entry.data_file.file_path) for entry in manifest.fetch_manifest_entry(table.io))
    return {"files": sorted(map(os.path.abspath, named))}


print("ready", flush=True)
for line in sys.stdin:
    line = line.rstrip("\n")
    try:
        answer = files(line[6:]) if line.startswith("files ") else content(line)
    except Exception as failure:  # whatever it is, the test reports it
        answer = {"error": f"{type(failure).__name__}: {failure}"}
    print(json.dumps(answer), flush=True)
