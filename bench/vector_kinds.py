"""Every kind of vector that an index keeps: recall of ten against the exact answer in f32, queries a CPU second, bytes a vector.

200,000 texts of $MILLPOND_DATA/ann, embedded by a static model (256 numbers; the peers' environment has it); 200 queries, one thread,
the recall that is usual (.99 of what is kept). Exact answers are computed in the same run from the float32 numbers, for bits from
their signs. Several vectors a row: every eight neighbouring texts make a row, and four neighbouring queries ask together.
"""

import json

import measure
from measure import PEERS, ROOT, Result, run, say

LEAST = {"f32": .97, "f16": .97, "int8": .93, "bits": 1, "several": .95}


def main():
    options = measure.arguments(__doc__)
    data, python = measure.data_folder("ann"), PEERS / "ann/bin/python"
    if not data or not python.exists():
        return measure.finish(options, [], ["everything: set MILLPOND_DATA to a folder with ann/, and run bench/peers/install.sh ann"])
    folder = measure.scratch("vector_kinds")
    say("making the vectors")
    run([python, ROOT / "bench/peers/ann.py", "vectors", data, folder, 5_000 if options.quick else 200_000])
    say("millpond")
    process = run([measure.tool("bench_vector_kinds"), f"{folder}/base.npy", f"{folder}/queries.npy", folder])
    results = []
    for line in map(json.loads, process.out.splitlines()):
        note = f"{line['qps_cpu']:.0f} queries/CPU s, build {line['build_cpu_s']:.1f} CPU s, {line['bytes_a_vector']:.0f} bytes a vector with its codes"
        results.append(Result(f"recall@10: {line['kind']}", line["recall"], "", LEAST[line["kind"].split(",")[0].split()[0]], False, note=note))
    measure.finish(options, results, [])


if __name__ == "__main__":
    main()
