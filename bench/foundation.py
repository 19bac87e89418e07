"""Every goal of the foundation, one line each: what, ours, peer, ratio, goal, holds or short. Each script runs alone as well."""

import measure

SCRIPTS = ("commits", "embed_rate", "many_files", "throughput", "memory", "whole_job", "from_nothing")

if __name__ == "__main__":
    measure.suite(__doc__, SCRIPTS)
