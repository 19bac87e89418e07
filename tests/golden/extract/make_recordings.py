#!/usr/bin/env python3
"""Makes the recordings that specifications read, with the projects' own writers (PyPI mcap 1.6, rosbags 0.11, lz4, zstandard):
tests/spec/extract/files/{robot,robot-lz4}.mcap robot.bag and robot.db3.
usage: make_recordings.py
"""
import json
import sqlite3
import tempfile
from pathlib import Path

from mcap.writer import CompressionType, Writer as McapWriter
from rosbags.rosbag1 import Writer as BagWriter
from rosbags.rosbag2 import Writer as Bag2Writer
from rosbags.typesys import Stores, get_typestore

FILES = Path(__file__).resolve().parents[2] / "spec/extract/files"
START = 1_780_000_000_123_456_789


def mcap(path, compression):
    with open(path, "wb") as stream:
        writer = McapWriter(stream, chunk_size=400, compression=compression)
        writer.start(profile="", library="millpond's tests")
        pose = writer.register_schema("Pose", "jsonschema", json.dumps({"type": "object"}).encode())
        wheel = writer.register_channel("/wheel", "json", pose)
        raw = writer.register_channel("/camera/raw", "cdr", 0)
        for i in range(6):
            writer.add_message(wheel, START + i * 10**8, json.dumps({"turn": i, "note": "Größe"}).encode(), START + i * 10**8 - 5, sequence=i)
            if i % 3 == 0:
                writer.add_message(raw, START + i * 10**8 + 1, bytes(range(64)) * 2, START + i * 10**8, sequence=i)
        writer.add_attachment(START, START, "plan.txt", "text/plain", b"The sluice gate opens at dawn.")
        writer.add_metadata("robot", {"name": "miller"})
        writer.finish()


def bag(path):
    path.unlink(missing_ok=True)
    types = get_typestore(Stores.ROS1_NOETIC)
    text = types.types["std_msgs/msg/String"]
    writer = BagWriter(path)
    writer.set_compression(BagWriter.CompressionFormat.LZ4)
    with writer:
        said = writer.add_connection("/said", text.__msgtype__, typestore=types)
        for i in range(3):
            writer.write(said, START + i * 10**9, types.serialize_ros1(text(data=f"turn {i}"), text.__msgtype__))


def bag2(path):
    types = get_typestore(Stores.ROS2_HUMBLE)
    text = types.types["std_msgs/msg/String"]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "bag")
        with Bag2Writer(made, version=8) as writer:
            said = writer.add_connection("/said", text.__msgtype__, typestore=types)
            for i in range(3):
                writer.write(said, START + i * 10**9, types.serialize_cdr(text(data=f"turn {i}"), text.__msgtype__))
        with sqlite3.connect(next(made.glob("*.db3"))) as db:
            path.unlink(missing_ok=True)
            db.execute("pragma page_size = 1024")
            db.execute(f"vacuum into '{path}'")


def main():
    bag2(FILES / "robot.db3")
    mcap(FILES / "robot.mcap", CompressionType.ZSTD)
    mcap(FILES / "robot-lz4.mcap", CompressionType.LZ4)
    bag(FILES / "robot.bag")


if __name__ == "__main__":
    main()
