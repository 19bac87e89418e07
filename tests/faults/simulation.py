"""The seeded simulation of writers, readers, maintenance and crashes: a sample; `./dev faults sim --count N` runs more."""
import os
import subprocess


def run(place, checks, quick):
    program = os.path.join(os.path.dirname(place.binary), "tests", "pond_sim")
    if not os.access(program, os.X_OK):
        checks.skip("the simulation", "pond_sim is not built: ./dev build release pond_sim")
        return
    count = 100 if quick else 2000
    done = subprocess.run([program, "--count", str(count)], capture_output=True, text=True, timeout=1200)
    print(done.stdout, end="")
    checks.that(done.returncode == 0, f"the simulation: {done.stdout[-1500:]}{done.stderr[-500:]}")
