"""Vectors of bits are compared one by one, exactly: milliseconds a query on one thread, and which part of the memory's bandwidth that is.

1,000,000 rows near to a thousand centers, of 256, 768 and 1024 bits; CPU time of the fastest of 20 queries; the bandwidth is what one
thread reads of 512 MB in the same run. Bits lie 64 bytes aligned, so up to 512 of them take 64 bytes. Checked: the scores are those of
a plain count of differing bits.
"""

import json

import measure
from measure import Result, run

ENOUGH = {256: .85, 768: .85, 1024: .85}


def main():
    options = measure.arguments(__doc__)
    rows = 100_000 if options.quick else 1_000_000
    folder = measure.scratch("bits")
    process = run([measure.tool("bench_bits"), rows, folder, *ENOUGH])
    width, *lines = map(json.loads, process.out.splitlines())
    results = []
    for line in lines:
        note = f"{line['bytes'] / 1e6:.0f} MB in {line['ms']:.2f} ms, {line['ns_a_row']:.1f} ns a row; one thread reads {width['bandwidth'] / 1e9:.1f} GB/s"
        results.append(Result(f"{line['bits']} bits: part of the bandwidth used", line["of_bandwidth"], "", ENOUGH[line["bits"]], False, note=note))
    measure.finish(options, results, [], f"{rows} rows")


if __name__ == "__main__":
    main()
