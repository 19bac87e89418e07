"""Plans a table with PyIceberg. Usage: plan_files.py POND CONDITION"""

import json
import sys
import time

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import And, GreaterThanOrEqual, LessThanOrEqual
from pyiceberg.expressions.parser import parse


def main():
    words = sys.argv[2].split()
    if words[1] == "between":
        condition = And(GreaterThanOrEqual(words[0], int(words[2])), LessThanOrEqual(words[0], int(words[4])))
    else:
        condition = parse(sys.argv[2])
    began = time.perf_counter()
    table = SqlCatalog("pond", uri=f"sqlite:///{sys.argv[1]}/catalog.db").load_table("main.events")
    files = sum(1 for _ in table.scan(row_filter=condition).plan_files())
    print(json.dumps({"seconds": time.perf_counter() - began, "files": files}))


if __name__ == "__main__":
    main()
