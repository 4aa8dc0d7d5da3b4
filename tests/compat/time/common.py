"""What the makers of golden data share: zones kept in this folder, the expressions, writing rows.

Run a maker with the interpreter of an environment that has the real thing installed; AIRFLOW_HOME should
point at an empty folder. Each writes its file beside itself. The zone files here are copies of tzdata 2026f, so
that the rows do not change with the machine's.
"""

from __future__ import annotations

import json
import os
import random
import zoneinfo
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
zoneinfo.reset_tzpath(to=[str(HERE / "zoneinfo")])
os.environ["PYTHONTZPATH"] = str(HERE / "zoneinfo")

ZONES = sorted(str(p.relative_to(HERE / "zoneinfo")) for p in (HERE / "zoneinfo").rglob("*") if p.is_file())


def write(name: str, rows: Iterable[Any]) -> None:
    """One JSON row a line."""
    lines = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n")
    print(f"{name}: {len(lines)} rows")


# Chosen by hand: every piece of syntax, and the corners where croniter has an opinion of its own.
VALID = """
* * * * *|0 0 * * *|*/5 * * * *|0 */2 * * *|0 6 * * mon-fri|30 4 1,15 * 5|0 0 1 1 *|5 4 * * sun|0 22 * * 1-5
23 0-20/2 * * *|0 0,12 1 */2 *|0 4 8-14 * *|0 0 13 * 5|0 0 13 * fri|0 0 L * *|0 0 l * *|0 0 l 2 *|0 0 1,L * *
0 0 29 2 *|0 0 30 2 *|0 0 31 2 *|0 0 31 * *|0 0 31 4 *|0 0 31 4,6 *|0 0 30 * *|0 0 29,30,31 * *|0 0 28-31 * *
0 0 * * 1#1|0 0 * * 5#2|0 0 * * 5#5|0 0 * * mon#1,fri#3|0 0 * * L5|0 0 * * l5|0 0 * * L0|0 0 * * L7|0 0 * * l1,l5
0 0 * * sun-mon#1|0 0 1 * 1#1|0 0 1-7 * 1#1|0 0 8-14 * 2#2|0 0 15 * L5|0 0 1,1#2 * *|0 0 * * 1,1#2|0 0 * * *,1#2
0 0 15W * *|0 0 W15 * *|0 0 1W * *|0 0 31W * *|0 0 30w 2 *|0 0 15W * 1|0 0 15W * mon-fri|0 0 1w * 6
0 0 * * 7|0 0 * * 0|0 0 * * 0,7|0 0 * * 5-7|0 0 * * 1-7|0 0 * * 0-7|0 0 * * 7-7|0 0 * * 6-7|0 0 * * fri-mon
0 0 * * sat-sun|0 0 * * fri-mon/2|0 0 * nov-feb *|0 0 * nov-feb/2 *|0 0 * 11-3/3 *|0 0 * apr-jan/3 *|0 0 * jan-jan *
55-5 * * * *|50-10/7 * * * *|22-2 * * * *|0 22-2 * * *|0 20-4/3 * * *|0 0 25-5 * *|0 0 28-3/2 * *|0 0 5-0 * *
10/15 * * * *|59/15 * * * *|0 23/5 * * *|0 20/2 * * *|0 0 31/5 * *|0 0 28/2 * *|0 0 10/10 * *|0 0 * 12/3 *|0 0 * 10/2 *
0 0 * * 6/2|0 0 * * 5/1|0 0 * * 0/3|0 0 * * fri/2|0 0 * * 7/2|50-51/15 * * * *|10-20/7 * * * *|*/100 * * * *
*/1 * * * *|*/7 * * * *|*/59 * * * *|1-59/2 * * * *|0 */1 * * *|0 */5 * * *|0 1-23/2 * * *|0 0 */2 * *|0 0 */2 * 1
0 0 */2 * 0-6|0 0 1-31 * 1|0 0 1-31 * *|0 0 13 * 0-6|0 0 13 * *|0 0 * * */2|0 0 13 * */2|0 0 */10 * */2|0 0 ? * 5
0 0 13 * ?|0 0 ? * ?|0 0 1-31 * ?|0 0 ? * 0-6|0 0 5,*/10 * *|0 *,5 * * *|*,5 * * * *|0 0-23 * * *|0 0-22,23 * * *
0 0 *,5 * 1|0 0 * *,3 *|0 0 * * *,3|5,10,15 8,9 * * *|0,30 9-17 * * 1-5|15 10 * * *|0 12 1/5 * *|0 0 1-30,L * *
0 0 1-30,l * mon|59 23 31 12 *|0 0 29 2 1|0 0 30 2 1|30 2 * * *|0 2 * * *|0 3 * * *|30 1 * * *|*/30 1-3 * * *|0 0 0-0 * *
0 0 10-l * *|0 0 31-l * *|0 0 * 0-0 *|0 9 * * mon,wed,fri|0 9 * * MON,Wed,fRI|0 9 1 JAN,jul *|10 3 28-31 1,3 *
00 06 * * *|007 3 * * *|0 0 01 02 *|  0   0 * * *|45 17 7 6 *|0 8-18/4 * * *|0 */6,5 * * *|3-3 * * * *|0 5-5 * * *
* 5 * * *|*/10 5 * * *|0-10 11 * * *|0-20/3 9 * * *|0,15 9-11 * * *|5 0,12,18 * * *|5 0,12 * * *|* * 1 * *|* * * 1 *
0 0 * 1-3 *|0 0 * 1,6 *|0 0 * */3 *|0 0 1 */3 *|0 0 * 2-10/2 *|0 0 1-5 * *|0 0 1,15 * *|0 0 1-15/2 * *|0 0 * * 1-3/2,5
0 0 * * 1,3/2|0 0 * * 1-5/5|0 0 * * 1-3/2|0 0 * * 1-7/7|0 0 * * 1-6/9|0 0 * * 1,3,5|0 0 * * 2|0 0 1 * 1|*/15 * 1 * 1
0 0 * * 1#2,3#4|1 2 3 4 5|@hourly|@daily|@weekly|@monthly|@quarterly|@yearly|@annually|@midnight|@Daily|@ANNUALLY
* * * * * *|* * * * * 0|* * * * * */15|0 0 * * * 30|*/2 * * * * 10,50|0 12 * * mon 5-10/2|0 0 1 1 * 59|0 0 * * * 59/7
0 0 1 1 * 0 2027|0 0 * * * 0 2026-2030|0 0 1 * * 0 2028/2|0 12 29 2 * 30 */4|0 0 * * * 0 2026,2099|0 0 1 1 * 0 2099
0 0 1 1 * 0 1999|* * * * * * 2026|0 0 1 1 * 0 100-100|0 0 1 6 * 15 2030-2020|0 0 13 * 5 0 *|0 0 * * 5#3 0 2026-2027
"""

INVALID = """
||* * * *|* * * * * * * *|60 * * * *|0 24 * * *|0 0 32 * *|0 0 0 * *|0 0 * 13 *|0 0 * 0 *|0 0 * * 8|0 0 * * 9|0 0 * * 8-9
a * * * *|0 b * * *|0 0 * jann *|0 0 * * mond|0 0 mon * *|0 0 * mon *|jan * * * *|0 0 * * jan|-1 * * * *|0 -5 * * *|1- * * * *
5-1-3 * * * *|*/0 * * * *|1/0 * * * *|1-5/0 * * * *|*/ * * * *|*/x * * * *|*-5 * * * *|5/ * * * *|/5 * * * *|1//2 * * * *
1-5/2/3 * * * *|, * * * *|1, * * * *|,1 * * * *|1,,2 * * * *|0 0 L-3 * *|0 0 LW * *|0 0 5L * *|0 0 * * 5L|0 0 * * L|0 0 * * #1
0 0 * * 1#0|0 0 * * 1#6|0 0 * * 1#|0 0 * * 1#x|0 0 * * 1-3#2|0 0 * * mon-3#2|0 0 * * 8#1|0 0 * * L8|0 0 * * 1,2#1
0 0 * * mon-fri,l5|0 0 * * 1-5,3#2|0 0 * * jan#1|0 0 * * jan-feb#1|0 0 W * *|0 0 0W * *|0 0 32W * *|0 0 1,15W * *|0 0 15W,1 * *
0 0 15W-20 * *|?  * * * *|0 ? * * *|0 0 * ? *|0 0 ?/2 * *|0 0 1,? * *|0 0 0/5 * *|0 0 0-5 * *|0 0 * 0/2 *|0 0 * 0-5 *|0 0 l/2 * *
0 0 l-5 * *|H * * * *|H/5 * * * *|H(0-5) * * * *|0 0 * * * 60|0 0 * * * * 1969|0 0 * * * * 2100|0 0 * * * 0 2030-2100|61-70 * * * *
0 25-26 * * *|99999999999999999999 * * * *|0 0 * * 1.5|0x1 * * * *|1_0 * * * *|@foo|@once|@continuous|@Quarterly|@reboot|hello|0 0 * * 0#1-2
"""


def expressions() -> list[str]:
    """The hand-picked ones, then random ones that are the same in every run."""
    out = [e for line in VALID.strip("\n").split("\n") for e in line.split("|")]
    out += [e for line in INVALID.strip("\n").split("\n") for e in line.split("|")]
    rnd = random.Random(20260101)
    names = {
        3: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
        4: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    }
    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7), (0, 59)]

    def value(field: int) -> str:
        if field in names and rnd.random() < 0.3:
            return rnd.choice(names[field])
        return str(rnd.randint(*bounds[field]))

    def item(field: int) -> str:
        kind = rnd.random()
        if kind < 0.2:
            return f"*/{rnd.randint(1, 20)}"
        if kind < 0.5:
            return f"{value(field)}-{value(field)}" + (f"/{rnd.randint(1, 9)}" if rnd.random() < 0.4 else "")
        if kind < 0.6:
            return f"{value(field)}/{rnd.randint(1, 9)}"
        if field == 4 and kind < 0.68:
            return f"{value(field)}#{rnd.randint(1, 5)}"
        if field == 4 and kind < 0.72:
            return f"L{rnd.randint(0, 7)}"
        if field == 2 and kind < 0.68:
            return "L"
        return value(field)

    def one(field: int) -> str:
        if rnd.random() < 0.4:
            return "*"
        return ",".join(item(field) for _ in range(rnd.choice([1, 1, 1, 2, 3])))

    for _ in range(400):
        out.append(" ".join(one(f) for f in range(rnd.choice([5, 5, 5, 5, 6]))))
    return list(dict.fromkeys(out))
