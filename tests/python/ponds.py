"""Small ponds that the tests build."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

import millpond as mp

HANDBOOK = Path(__file__).resolve().parents[1] / "docs" / "handbook"

FLOW = """version: 1
sources:
  - files: {folder}
tables:
  documents:
    from: sources
    keep: [uri, media_type, sha256, size]
    steps: [extract]
  chunks:
    from: documents
    keep: [uri, title, language]
    steps:
      - chunk: {{tokens_max: 24, tokens_min: 4}}
      - embed: {{model: minilm-l6}}
  unique:
    from: chunks
    keep: [text, uri]
    fold: {{dedup_exact: {{by: [text], normalise: true}}}}
  longer: {{sql: "select uri, text, tokens from chunks where tokens > 12"}}
  counted: {{sql: "select uri, count(*) as parts from chunks group by uri"}}
indexes:
  chunks: {{text: [text, heading_path], vector: embedding}}
"""


class PondTest(unittest.TestCase):
    """Each class of tests has a folder of its own, gone at its end."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="millpond-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    def handbook(self, name: str = "handbook") -> Path:
        target = self.folder / name
        shutil.copytree(HANDBOOK, target)
        return target

    def notes(self, name: str, count: int = 12) -> Path:
        """Documents with parts that are equal but for case, and one that cannot be read."""
        target = self.handbook(name)
        for i in range(count):
            words = ("Same Words here. " if i % 2 else "same words here. ") * (i % 3 + 3)
            (target / f"n{i}.md").write_text(f"# Note {i}\n\n{words}\n\n## Part\n\nMore text {i} about pears.\n")
        (target / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
        for file in target.iterdir():  # a file written within a second of its listing is looked at again by the next build
            os.utime(file, (1_700_000_000, 1_700_000_000))
        return target

    def pond(self, name: str, sources: Path, flow: str = FLOW, threads: int = 0) -> mp.Pond:
        pond = mp.init(self.folder / name, threads=threads)
        pond.flow_file.write_text(flow.format(folder=sources))
        return pond
