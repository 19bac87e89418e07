import unittest

import millpond as mp
from ponds import PondTest

try:
    import numpy
    import pyarrow as pa
    from millpond.synthetic import Copula, privacy, synthesise
except ImportError as missing:
    raise unittest.SkipTest(f"{missing.name} is not installed; run ./dev install --tests") from None


def people(count: int = 4000) -> pa.Table:
    chance = numpy.random.default_rng(3)
    age = chance.gamma(6, 7, count).astype(int)
    weight = 50 + 0.4 * age + chance.normal(0, 8, count)
    ward = numpy.where(age > 50, chance.choice(["old", "main"], count, p=[0.8, 0.2]), "main")
    income = numpy.where(chance.random(count) < 0.2, numpy.nan, chance.lognormal(10, 0.8, count))
    return pa.table({"age": age, "weight": weight, "ward": ward, "smokes": chance.random(count) < 0.3,
                     "income": pa.array([None if numpy.isnan(v) else float(v) for v in income])})


def ranks(values: numpy.ndarray) -> numpy.ndarray:
    return numpy.argsort(numpy.argsort(values)).astype(float)


def furthest(one: numpy.ndarray, other: numpy.ndarray) -> float:
    """Kolmogorov and Smirnov's distance."""
    points = numpy.sort(numpy.concatenate([one, other]))
    shares = [numpy.searchsorted(numpy.sort(each), points, side="right") / len(each) for each in (one, other)]
    return float(abs(shares[0] - shares[1]).max())


class Synthetic(PondTest):
    def test_distributions_and_correlations_stay(self) -> None:
        real = people()
        made = Copula(real).sample(8000, seed=1)
        for name in ("age", "weight"):
            one, other = real[name].to_numpy(), made[name].to_numpy()
            self.assertLess(furthest(one, other), 0.03, name)
        known = [numpy.array([v for v in each["income"].to_pylist() if v is not None]) for each in (real, made)]
        self.assertLess(furthest(*known), 0.03)
        self.assertAlmostEqual(made["income"].null_count / 8000, 0.2, delta=0.02)
        both = [numpy.corrcoef(ranks(t["age"].to_numpy()), ranks(t["weight"].to_numpy()))[0, 1] for t in (real, made)]
        self.assertGreater(both[0], 0.5)
        self.assertAlmostEqual(*both, delta=0.04)
        shares = [numpy.mean([v == "old" for v in t["ward"].to_pylist()]) for t in (real, made)]
        self.assertAlmostEqual(*shares, delta=0.02)
        older = [numpy.mean([a for a, w in zip(t["age"].to_pylist(), t["ward"].to_pylist()) if w == "old"]) for t in (real, made)]
        self.assertGreater(older[1], real["age"].to_numpy().mean() + 5)
        self.assertTrue(made.equals(Copula(real).sample(8000, seed=1)))
        self.assertFalse(made.equals(Copula(real).sample(8000, seed=2)))

    def test_as_the_reference_has_it(self) -> None:
        try:
            from copulas.multivariate import GaussianMultivariate
        except ImportError:
            self.skipTest("copulas is not installed")
        real = people().select(["age", "weight"])
        theirs = GaussianMultivariate()
        theirs.fit(real.to_pandas())
        wanted = numpy.asarray(theirs.correlation)[0, 1]
        self.assertAlmostEqual(float(Copula(real).correlation[0, 1]), float(wanted), delta=0.04)

    def test_copies_are_found_and_none_are_made(self) -> None:
        rows = people()
        learned, held_out = rows.slice(0, 2000), rows.slice(2000)
        stolen = privacy(learned, learned, held_out)
        self.assertGreater(stolen.closer_to_learned, 0.99)
        self.assertEqual((stolen.made_to_learned, stolen.copies), (0.0, 2000))
        made = privacy(Copula(learned).sample(2000), learned, held_out)
        self.assertAlmostEqual(made.closer_to_learned, 0.5, delta=0.05)
        self.assertEqual(made.copies, 0)
        self.assertGreater(made.made_to_learned, 0.5 * made.held_out_to_learned)

    def test_a_table_that_says_what_it_is(self) -> None:
        here = mp.open(self.folder / "pond", create=True)
        real = here.create_table("people", {"age": "int64", "weight": "float64", "ward": "utf8", "name": "utf8"})
        rows = people().select(["age", "weight", "ward"])
        real.append(rows.append_column("name", pa.array([f"person {i}" for i in range(4000)])))
        made = synthesise(here, "people", "people_like", ["age", "weight", "ward"], 500, seed=4)
        self.assertEqual(len(here["people_like"]), 500)
        marks = {row["synthetic"] for row in made.table.scan(["synthetic"]).to_pylist()}
        self.assertEqual(marks, {f"copula:people@{real.snapshot}"})
        self.assertAlmostEqual(made.privacy.closer_to_learned, 0.5, delta=0.1)
        with self.assertRaisesRegex(ValueError, "no value of the column occurs 5 times"):
            synthesise(here, "people", "names", ["name"], 10)


if __name__ == "__main__":
    unittest.main()
