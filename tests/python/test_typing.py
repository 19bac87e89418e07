import inspect
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import millpond as mp

PACKAGE = Path(mp.__file__).parent


class Types(unittest.TestCase):
    def mypy(self, *arguments: str) -> None:
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, "-m", "mypy", "--cache-dir", cache, *arguments]
            ran = subprocess.run(command, capture_output=True, text=True, cwd=cache)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def setUp(self) -> None:
        try:
            import mypy  # noqa: F401
        except ImportError:
            self.skipTest("mypy is not installed; run ./dev install --tests")

    def test_the_package_holds_what_its_hints_say(self) -> None:
        config = Path(__file__).resolve().parents[2] / "pyproject.toml"
        self.mypy("--config-file", str(config), "-p", "millpond")

    def test_a_users_mistake_is_found(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "program.py"
            program.write_text("import millpond as mp\nmp.open('x').search(3)\n")
            ran = subprocess.run([sys.executable, "-m", "mypy", str(program), "--cache-dir", os.devnull],
                                 capture_output=True, text=True)
        self.assertIn('expected "str"', ran.stdout)

    def test_the_extensions_stub_is_that_of_the_extension(self) -> None:
        from millpond import _millpond

        stub = (PACKAGE / "_millpond.pyi").read_text()
        for name, value in vars(_millpond).items():
            if name.startswith("_"):
                continue
            self.assertIn(f"class {name}" if inspect.isclass(value) else f"def {name}(", stub)
            for method in vars(value) if inspect.isclass(value) else ():
                if not method.startswith("_"):
                    self.assertIn(f"def {method}(", stub, name)

    def test_everything_public_is_documented(self) -> None:
        for name in mp.__all__:
            value = getattr(mp, name)
            self.assertTrue(inspect.getdoc(value), name)
            for method, function in inspect.getmembers(value, inspect.isfunction) if inspect.isclass(value) else ():
                own = function.__module__.startswith("millpond")
                self.assertTrue(method.startswith("_") or not own or function.__annotations__, f"{name}.{method}")
