"""Rows by their vectors: one a row, several a row, conditions, earlier moments; each answer is computed again with numpy."""

import json

import millpond as mp
import numpy
from ponds import PondTest

FLOW = """sources: [{{files: {folder}}}]
tables:
  lines: {{from: sources, keep: [uri], steps: [read_records]}}
  points:
    sql: |
      select id, cast(attributes[$$number$$] as int) as number, cast(attributes[$$place$$] as float[]) as place,
        cast(attributes[$$parts$$] as float[][]) as parts from lines
indexes:
  points:
    text: id
    vector: [{{column: place, metric: l2}}, parts]
"""


class Nearest(PondTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        chance = numpy.random.default_rng(1)
        cls.places = chance.standard_normal((300, 6)).astype(numpy.float32)
        cls.parts = [chance.standard_normal((1 + i % 4, 3)).astype(numpy.float32) for i in range(300)]
        cls.file = cls.folder / "points.jsonl"
        cls.write(300)
        cls.points = mp.init(cls.folder / "pond")
        cls.points.flow_file.write_text(FLOW.format(folder=cls.file))
        cls.points.build()

    @classmethod
    def write(cls, count: int) -> None:
        with open(cls.file, "w") as out:
            for i in range(count):
                line = {"id": f"p{i}", "text": f"point {i}", "number": i, "place": cls.places[i].tolist(), "parts": cls.parts[i].tolist()}
                out.write(json.dumps(line) + "\n")

    def names(self, order: numpy.ndarray) -> list[str]:
        return [f"p{i}" for i in order]

    def test_one_vector_a_row(self) -> None:
        asked = self.places[7] + 0.01
        distances = ((self.places - asked) ** 2).sum(1)
        found = self.points.nearest(asked, k=5)
        self.assertEqual([each["id"] for each in found], self.names(numpy.argsort(distances)[:5]))
        self.assertAlmostEqual(found[0].score, -float(distances.min()), places=5)
        self.assertEqual((found.column, found.metric, found.matching, len(found)), ("place", "l2", 300, 5))
        self.assertEqual([each.row for each in self.points.nearest(asked.tolist(), k=5)], [each.row for each in found])

    def test_a_condition(self) -> None:
        asked = self.places[7]
        order = [i for i in numpy.argsort(((self.places - asked) ** 2).sum(1)) if i >= 100][:4]
        for where in (mp.col("number") >= 100, "number >= 100"):
            found = self.points.nearest(asked, 4, where=where)
            self.assertEqual([each["id"] for each in found], self.names(order))
            self.assertEqual(found.matching, 200)

    def test_several_vectors_a_row(self) -> None:
        asked = self.parts[3][:2]
        scores = numpy.array([(asked @ each.T).max(1).sum() for each in self.parts])
        found = self.points.nearest(asked, 3, "parts", recall=1)
        self.assertEqual([each["id"] for each in found], self.names(numpy.argsort(-scores)[:3]))
        self.assertAlmostEqual(found[0].score, float(scores.max()), places=5)

    def test_mistakes(self) -> None:
        for vector, column in (([1.0, 2.0], ""), ([[1.0] * 6], "no_such_column"), ([float("nan")] * 6, "")):
            with self.assertRaises(mp.InvalidArgumentError):
                self.points.nearest(vector, column=column)
        with self.assertRaises(ValueError):
            self.points.nearest([])
        with self.assertRaises(mp.InvalidArgumentError):
            self.points.nearest(self.places[0], k=0)
        with self.assertRaises(mp.NotFoundError):
            self.points.nearest(self.places[0], table="lines")

    def test_rows_that_came_later_are_found_and_an_earlier_moment_stays(self) -> None:
        before = self.points.table("points").snapshot
        self.write(200)
        self.points.build()
        try:
            now = self.points.nearest(self.places[250], 1)
            then = self.points.nearest(self.places[250], 1, at=before)
        finally:
            self.write(300)
            self.points.build()
        self.assertNotEqual(now[0]["id"], "p250")
        self.assertEqual((now.matching, then[0]["id"], then.matching), (200, "p250", 300))
        self.assertEqual(self.points.nearest(self.places[250], 1)[0]["id"], "p250")
