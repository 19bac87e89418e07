#!/usr/bin/env python3
"""Makes the maps that specifications read: tests/spec/extract/files/{mills.gpkg,field.tif}. The TIFF is tifffile's (PyPI tifffile, numpy), the
GeoPackage is SQLite's, by OGC 12-128r18.
usage: make_geo.py
"""
import sqlite3
import struct
from pathlib import Path

import numpy
import tifffile

FILES = Path(__file__).resolve().parents[2] / "spec/extract/files"


def shape(wkb, envelope=None, srs=4326):
    flags = 1 | (2 if envelope else 0)
    return b"GP\0" + bytes([flags]) + struct.pack("<i", srs) + (struct.pack("<4d", *envelope) if envelope else b"") + wkb


def point(x, y):
    return struct.pack("<BI2d", 1, 1, x, y)


def polygon(*ring):  # big endian, with Z: the other way to write it
    return struct.pack(">BIII", 0, 1003, 1, len(ring)) + b"".join(struct.pack(">3d", x, y, 7.0) for x, y in ring)


def geopackage(path):
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.executescript("""
pragma page_size = 1024; pragma application_id = 0x47504B47; pragma user_version = 10300;
create table gpkg_spatial_ref_sys (srs_name text not null, srs_id integer primary key, organization text not null, organization_coordsys_id integer not null,
  definition text not null, description text);
create table gpkg_contents (table_name text primary key, data_type text not null, identifier text unique, description text default '', last_change text,
  min_x double, min_y double, max_x double, max_y double, srs_id integer);
create table gpkg_geometry_columns (table_name text primary key, column_name text not null, geometry_type_name text not null, srs_id integer not null,
  z tinyint not null, m tinyint not null);
create table mills (fid integer primary key autoincrement, geom blob, name text, wheels integer, height_m double);
create table owners (fid integer primary key autoincrement, name text);
create view spy as select * from sqlite_master;
insert into gpkg_spatial_ref_sys values ('WGS 84', 4326, 'epsg', 4326, 'undefined', null);
insert into gpkg_contents values ('mills', 'features', 'Mills', 'Water mills of the valley', '2026-03-02T15:04:05.000Z', 7, 50, 8.5, 51, 4326),
  ('owners', 'attributes', 'Owners', '', '2026-03-02T15:04:05.000Z', null, null, null, null, 0), ('spy', 'attributes', 'A view', '', null, null, null, null, null, 0);
insert into gpkg_geometry_columns values ('mills', 'geom', 'GEOMETRY', 4326, 2, 0);
insert into owners (name) values ('Ada Miller');
""")
    rows = [(shape(point(7.5, 50.25)), "Obermühle", 2, 12.5), (shape(polygon((7, 50), (8.5, 50), (8.5, 51), (7, 50)), (7, 8.5, 50, 51)), "Mill pond", None, None),
            (None, "nowhere", 0, 1e-7)]
    db.executemany("insert into mills (geom, name, wheels, height_m) values (?, ?, ?, ?)", rows)
    db.commit()
    db.execute("vacuum")
    db.close()


def geotiff(path):
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632, 3073, 34737, 22, 0)
    keys = (1, 1, 0, 4) + keys[4:]
    citation = "WGS 84 / UTM zone 32N|"
    tags = [(33550, "d", 3, (10.0, 10.0, 0.0), True), (33922, "d", 6, (0.0, 0.0, 0.0, 500000.0, 5600000.0, 0.0), True),
            (34735, "H", len(keys), keys, True), (34737, "s", 0, citation, True), (42113, "s", 0, "-9999", True)]
    tifffile.imwrite(path, numpy.arange(12, dtype="float32").reshape(3, 4), extratags=tags, compression="zlib", metadata=None,
                     description="Height of a field", software="a test", datetime="2026:03:02 15:04:05")


def main():
    geopackage(FILES / "mills.gpkg")
    geotiff(FILES / "field.tif")


if __name__ == "__main__":
    main()
