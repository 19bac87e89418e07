import json
import multiprocessing
import pickle
import unittest

import millpond as mp
from ponds import PondTest

try:
    import pyarrow as pa
    from millpond.samples import TableBatches
except ImportError as missing:
    raise unittest.SkipTest(f"{missing.name} is not installed; run ./dev install --tests") from None


def first_ids(batches: TableBatches) -> list[int]:
    return [row["id"] for row in batches[0]]


class Samples(PondTest):
    def setUp(self) -> None:
        self.path = self.folder / self.id().rpartition(".")[2]
        self.here = mp.open(self.path, create=True)
        self.table = self.here.create_table("texts", {"id": "int64", "text": "utf8"})
        for part in range(3):
            ids = list(range(part * 40, part * 40 + 40))
            self.table.append(pa.table({"id": ids, "text": [f"text {i}" for i in ids]}))

    def batches(self, batch: int = 4, **more: object) -> TableBatches:
        return TableBatches(self.path, "texts", ["id", "text"], batch, **more)  # type: ignore[arg-type]

    def test_every_row_once_in_an_order_of_the_seed(self) -> None:
        def order(seed: int) -> list[int]:
            return [row["id"] for batch in self.batches(seed=seed) for row in batch]

        self.assertEqual(sorted(order(1)), list(range(120)))
        self.assertEqual(order(1), order(1))
        self.assertNotEqual(order(1), order(2))
        self.assertEqual(self.batches(shuffle=False)[0][3], {"id": 3, "text": "text 3"})

    def test_goes_on_over_the_snapshot_that_it_began_with(self) -> None:
        wanted = [row["id"] for batch in self.batches(seed=5) for row in batch]
        four = [self.batches(3, seed=5, rank=rank, world=4) for rank in range(4)]
        given = [row["id"] for i in range(4) for rank in four for row in rank[i]]
        state = json.loads(json.dumps(four[0].state_dict(4)))
        self.table.delete(mp.col("id") < 60)
        begun = state["snapshot"]
        three = [self.batches(4, seed=5, rank=rank, world=3, at=begun, drop_last=False) for rank in range(3)]
        for rank in three:
            rank.load_state_dict(state)
        given += [row["id"] for i in range(len(three[0])) for rank in three for row in rank[i]]
        self.assertEqual(given, wanted)
        self.assertEqual(self.batches().count, 60)
        with self.assertRaisesRegex(ValueError, "snapshot was"):
            self.batches(seed=5).load_state_dict(state)

    def test_forked_and_pickled_copies_read_for_themselves(self) -> None:
        batches = self.batches(seed=5)
        wanted = first_ids(batches)
        self.assertEqual(first_ids(pickle.loads(pickle.dumps(batches))), wanted)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            self.assertEqual(pool.map(first_ids, [batches, batches]), [wanted, wanted])

    def test_a_curriculum_goes_by_a_column(self) -> None:
        scored = self.here.create_table("scored", {"id": "int64", "score": "float64"})
        scores = [None if i % 10 == 9 else float(i * 37 % 60) for i in range(60)]
        scored.append(pa.table({"id": list(range(60)), "score": scores}))

        def order(**more: object) -> list[int]:
            batches = TableBatches(self.path, "scored", ["id", "score"], 6, **more)  # type: ignore[arg-type]
            return [row["id"] for batch in batches for row in batch]

        known = [i for i in range(60) if scores[i] is not None]
        rising = sorted(known, key=lambda i: scores[i] or 0.0) + [i for i in range(60) if scores[i] is None]
        self.assertEqual(order(order_by="score", shuffle=False), rising)
        self.assertEqual(order(order_by="-score", shuffle=False)[:54], rising[:54][::-1])
        mixed = order(order_by="score", shuffle=10, seed=1)
        self.assertNotEqual(mixed, rising)
        for begin in range(0, 60, 10):
            self.assertEqual(sorted(mixed[begin : begin + 10]), sorted(rising[begin : begin + 10]))

    def test_collates_as_told(self) -> None:
        batch = self.batches(collate=mp.Rows.to_arrow)[0]
        self.assertEqual(batch.num_rows, 4)
        self.here.create_table("empty", {"id": "int64"})
        with self.assertRaisesRegex(ValueError, "no rows yet: empty"):
            TableBatches(self.path, "empty")


if __name__ == "__main__":
    unittest.main()
