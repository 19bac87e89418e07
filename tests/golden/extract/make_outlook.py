#!/usr/bin/env python3
"""Makes the messages of Outlook that specifications read: tests/spec/extract/files/{offer,cyrillic}.msg.

The compound file is written here, by [MS-CFB], the properties by [MS-OXMSG]. With `extract-msg` and `compressed-rtf` installed, the first
checks what was made and the second packs the RTF.
usage: outlook.py
"""
import datetime
import struct
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "spec/extract/files"
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(tree):
    """The bytes of a compound file; `tree`: name -> bytes or tree."""
    entries = []  # name, type, child, right, data

    def add(name, node):
        at = len(entries)
        entries.append([name, 2 if isinstance(node, bytes) else 1, FREE, FREE, node if isinstance(node, bytes) else b""])
        if not isinstance(node, bytes):
            before = None
            for child_name, child in node.items():
                child_at = add(child_name, child)
                # A list is a tree, too: each entry has the next one at its right.
                if before is None:
                    entries[at][2] = child_at
                else:
                    entries[before][3] = child_at
                before = child_at
        return at

    add("Root Entry", tree)
    entries[0][1] = 5
    sectors, fat, mini, mini_fat = [], [], b"", []

    def put(data):
        if not data:
            return END
        count = -(-len(data) // 512)
        first = len(sectors)
        for i in range(count):
            sectors.append(data[512 * i:512 * i + 512].ljust(512, b"\0"))
            fat.append(first + i + 1 if i + 1 < count else END)
        return first

    starts = []
    for _, kind, _, _, data in entries:
        if kind != 2 or not data:
            starts.append(END)
        elif len(data) < 4096:
            first, count = len(mini_fat), -(-len(data) // 64)
            mini += data.ljust(64 * count, b"\0")
            mini_fat += [first + i + 1 if i + 1 < count else END for i in range(count)]
            starts.append(first)
        else:
            starts.append(put(data))
    starts[0] = put(mini)
    entries[0][4] = mini
    directory = b""
    for (name, kind, child, right, data), start in zip(entries, starts):
        wide = name.encode("utf-16-le")
        directory += wide.ljust(64, b"\0") + struct.pack("<HBBIII16sIQQIQ", len(wide) + 2, kind, 1, FREE, right, child, b"", 0, 0, 0, start, len(data))
    directory += (b"\0" * 68 + struct.pack("<III", FREE, FREE, FREE)).ljust(128, b"\0") * (-len(entries) % 4)
    directory_at = put(directory)
    mini_table = b"".join(struct.pack("<I", n) for n in mini_fat)
    mini_table += b"\xff" * (-len(mini_table) % 512)
    mini_at = put(mini_table)
    tables = -(-(len(fat) + 2) // 128)
    fat_at = list(range(len(sectors), len(sectors) + tables))
    fat += [FAT] * tables
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(512 * tables, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6sIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, tables, directory_at, 0,
                                                                          4096, mini_at, len(mini_table) // 512, END, 0)
    header += b"".join(struct.pack("<I", n) for n in fat_at).ljust(436, b"\xff")
    return header + b"".join(sectors) + table


def storage(texts=(), numbers=(), binaries=(), wide=True, header=8):
    """Streams of properties: (id, value) each; numbers are (id, type, value)."""
    made, table = {}, b"\0" * header
    for number, text in texts:
        data = text.encode("utf-16-le") if wide else text.encode("cp1251")
        made[f"__substg1.0_{number:04X}{0x1F if wide else 0x1E:04X}"] = data
        table += struct.pack("<HHIQ", 0x1F if wide else 0x1E, number, 6, len(data) + (2 if wide else 1))
    for number, data in binaries:
        made[f"__substg1.0_{number:04X}0102"] = data
        table += struct.pack("<HHIQ", 0x102, number, 6, len(data))
    for number, kind, value in numbers:
        table += struct.pack("<HHIQ", kind, number, 6, value)
    return {"__properties_version1.0": table, **made}


def ticks(*when):
    return int((datetime.datetime(*when) - datetime.datetime(1601, 1, 1)).total_seconds()) * 10_000_000


def person(kind, name, address):
    return storage([(0x3001, name), (0x39FE, address)], [(0x0C15, 3, kind)])


def offer():
    inner = storage([(0x001A, "IPM.Note"), (0x0037, "Re: the stone"), (0x0C1A, "Cara"), (0x1000, "It is of basalt.\r\n")], header=24)
    message = storage([(0x001A, "IPM.Note"), (0x0037, "Offer for a mill wheel – 2 m"), (0x0C1A, "Ada Miller"), (0x0C1F, "/o=mill/cn=ada"),
                       (0x5D01, "ada@mill.example"), (0x1035, "<2@mill.example>"), (0x1042, "<1@mill.example>"),
                       (0x1039, "<0@mill.example> <1@mill.example>"),
                       (0x1000, "Dear Bob,\r\n\r\nthe wheel is of oak: 4.000 €.\r\nIt turns.\r\n\r\nAda\r\n")],
                      [(0x0039, 0x40, ticks(2026, 3, 2, 15, 4, 5)), (0x3FFD, 3, 1252)], header=32)
    message["__recip_version1.0_#00000000"] = person(1, "Bob", "bob@river.example")
    message["__recip_version1.0_#00000001"] = person(2, "cara@river.example", "cara@river.example")
    message["__attach_version1.0_#00000000"] = storage([(0x3707, "plan.txt"), (0x3704, "PLAN~1.TXT")], [(0x3705, 3, 1)],
                                                       [(0x3701, b"The sluice gate opens at dawn. " * 150)])
    message["__attach_version1.0_#00000001"] = {**storage([(0x3001, "the stone")], [(0x3705, 3, 5)]), "__substg1.0_3701000D": inner}
    message["__nameid_version1.0"] = {"__substg1.0_00020102": b"", "__substg1.0_00030102": b"", "__substg1.0_00040102": b""}
    return compound(message)


def cyrillic():
    import compressed_rtf
    rtf = rb"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Arial;}}\f0 \'cc\'e5\'eb\'fc\'ed\'e8\'f6\'e0 \b stands\b0 \par Second line, second line, second line.\par}"
    message = storage([(0x001A, "IPM.Note"), (0x0037, "Мельница"), (0x0C1A, "Ада"), (0x0E04, "Боб; Кара")],
                      [(0x0E06, 0x40, ticks(2025, 12, 31, 23, 59, 59)), (0x3FFD, 3, 1251)],
                      [(0x1009, compressed_rtf.compress(rtf))], wide=False, header=32)
    message["__nameid_version1.0"] = {"__substg1.0_00020102": b"", "__substg1.0_00030102": b"", "__substg1.0_00040102": b""}
    return compound(message)


def main():
    for name, data in (("offer", offer()), ("cyrillic", cyrillic())):
        path = FILES / f"{name}.msg"
        path.write_bytes(data)
        try:
            import extract_msg
        except ImportError:
            continue
        seen = extract_msg.openMsg(path)
        print(name, len(data), seen.subject, seen.sender, seen.to, seen.cc, seen.date, [a.getFilename() for a in seen.attachments], (seen.body or "")[:60])


if __name__ == "__main__":
    main()
