import unittest

import millpond as mp
import pyarrow as pa


class Operators(unittest.TestCase):
    def test_definitions_come_from_the_engine(self) -> None:
        chunk = mp.definition("chunk")
        self.assertEqual(chunk.kind, "operator")
        self.assertIn("tokens_max", {each.name for each in chunk.options})
        self.assertIn("tokens_max: int", chunk.signature())
        self.assertIn("text", {each.name for each in chunk.adds})
        self.assertIn("dedup_exact", {each.name for each in mp.operators("fold")})

    def test_over_any_rows(self) -> None:
        rows = pa.table({"id": [1, 2, 3], "text": ["plain words", "", "x" * 40]})
        made = mp.operator("mean_word_length", chars_max=12)(rows)
        self.assertEqual([(row["id"], row["mean_word_chars"]) for row in made.to_pylist()], [(1, 5.0)])
        self.assertEqual(sum(made.drops.values()), 1)
        self.assertEqual([(each.row, each.step) for each in made.rejects], [(1, "mean_word_length")])

    def test_order_does_not_depend_on_threads(self) -> None:
        rows = pa.table({"id": range(30_000), "text": [f"some words {i}" for i in range(30_000)]})
        step = mp.operator("mean_word_length")
        one, four = (step(rows, threads=threads).to_arrow() for threads in (1, 4))
        self.assertTrue(one.equals(four))
        self.assertEqual(one["id"].to_pylist(), list(range(30_000)))

    def test_chains(self) -> None:
        paths = pa.array([["Chapter"]], pa.list_(pa.string()))
        text = pa.table({"text": ["One two three four. " * 3], "heading_path": paths})
        step = mp.operator("embed")
        made = step(text).to_arrow()
        self.assertEqual(len(made["embedding"][0]), 384)
        both = mp.operator("mean_word_length") | step
        self.assertEqual(both(text).to_arrow().column_names, ["text", "heading_path", "mean_word_chars", "embedding"])
        self.assertNotEqual(both.fingerprint(text), step.fingerprint(text))
        columns = both.output([("text", "utf8"), ("heading_path", "list<utf8>")])
        self.assertEqual([each.name for each in columns], ["text", "heading_path", "mean_word_chars", "embedding"])

    def test_mistakes_are_told_before_anything_runs(self) -> None:
        with self.assertRaises(mp.InvalidArgumentError) as wrong:
            mp.operator("chunk", token_max=1)
        self.assertIn("tokens_max", wrong.exception.hint)
        with self.assertRaises(mp.NotFoundError):
            mp.operator("chonk")
        with self.assertRaises(mp.InvalidArgumentError):
            mp.operator("mean_word_length")(pa.table({"id": [1]}))

    def test_folds(self) -> None:
        rows = pa.table({"id": [1, 2, 3, 4], "text": ["a", "b", "A ", "b"]})
        made = mp.fold("dedup_exact", by=["text"])(rows).to_pylist()
        self.assertEqual([(row["id"], row["duplicates"]) for row in made], [(1, 0), (2, 1), (3, 0)])
        normal = mp.fold("dedup_exact", by=["text"], normalise=True)
        self.assertEqual([row["id"] for row in normal(rows).to_pylist()], [1, 2])
        keys = [row["_fold_key"] for row in normal.with_key(rows).to_pylist()]
        self.assertEqual(keys[0], keys[2])
        self.assertNotEqual(keys[0], keys[1])


class Models(unittest.TestCase):
    def test_embedder(self) -> None:
        embedder = mp.Embedder()
        vectors = embedder.embed(["a cat sits", "the cat is sitting", "stock prices fell"])
        self.assertEqual(vectors.shape, (3, embedder.dimensions))
        near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
        self.assertAlmostEqual(float(vectors[0] @ vectors[0]), 1, places=3)
        self.assertGreater(near, far + 0.3)

    def test_tokenizer_agrees_with_the_reference(self) -> None:
        tokenizer = mp.Tokenizer()
        text = "Café prices rose 3.5 % — again!"
        ids = tokenizer.encode(text)
        self.assertEqual(tokenizer.count(text), len(ids))
        spans = tokenizer.encode_with_offsets(text)
        self.assertEqual([each[0] for each in spans], ids)
        self.assertEqual(text.encode()[spans[0][1] : spans[0][2]].decode(), "Café")

    def test_documents(self) -> None:
        document = mp.extract(b"# Title\n\nSome words.\n\n- one\n", "text/markdown")
        self.assertEqual([each.kind for each in document.elements], ["title", "paragraph", "list_item"])
        chunks = mp.Chunker(tokens_max=64, tokens_min=1).split(document)
        self.assertIn("Some words.", chunks[0].text)
        with self.assertRaises(mp.UnsupportedError):
            mp.extract(b"\x00\x01\x02", "application/x-nothing")
