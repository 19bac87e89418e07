"""Every goal of the tables, one line each: what, ours, peer, ratio, goal, holds or short. Each script runs alone as well."""

import measure

SCRIPTS = ("rest_kit", "client_matrix", "commits", "rest_commits", "plan_files", "sql_scan", "random_rows", "compact",
           "spark_identity", "object_reads")

if __name__ == "__main__":
    measure.suite(__doc__, SCRIPTS)
