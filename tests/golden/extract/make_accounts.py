"""Writes accounts.xls and accounts.xlsx from accounts.fods with LibreOffice 7.4 (soffice)."""

import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent

with tempfile.TemporaryDirectory() as profile:
    for kind in ("xls", "xlsx"):
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", kind, "--outdir", HERE, HERE / "accounts.fods"],
            check=True,
        )
