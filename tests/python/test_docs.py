"""Runs the Python shown in docs/: each document's blocks in order, in a folder that has the small handbook."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from ponds import HANDBOOK
from test_scale_out import PYTHONPATH

DOCS = Path(__file__).resolve().parents[2] / "docs"

SETTINGS = {
    "": "",
    "spark": """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config(
    "spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
""",
    "ray": """
import ray, ray.data
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200_000_000)
""",
}


class Documents(unittest.TestCase):
    def run_blocks(self, name: str) -> None:
        text = (DOCS / name).read_text(encoding="utf-8")
        program = ""
        for engine, code in re.findall(r"^```python ?(\w*)\n(.*?)^```$", text, re.S | re.M):
            program += SETTINGS[engine] + code
        self.assertTrue(program)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(HANDBOOK, Path(folder) / "handbook")
            environment = dict(os.environ, PYTHONPATH=PYTHONPATH, PYSPARK_PYTHON=sys.executable)
            ran = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True,
                                 text=True, timeout=500)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_python(self) -> None:
        self.run_blocks("python.md")

    def test_scale_out(self) -> None:
        self.run_blocks("scale-out.md")
