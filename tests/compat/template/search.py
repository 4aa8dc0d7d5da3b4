"""Writes random templates and what Jinja makes of them, to look for differences:

python search.py COUNT SEED > rows.jsonl;  TW_GOLDEN=rows.jsonl test_template_golden
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import cases
import make_golden

HERE = Path(__file__).parent

NAMES = {
    "data": ["s", "n", "f", "none", "nums", "d", "strs", "el", "missing", "u", "t", "neg", "users", "tup", "half", "zero",
             "html", "lines", "words", "mixed", "nested", "dd", "no", "big", "num_s", "float_s", "date_s", "tree"],
    "dag": ["ds", "ts", "logical_date", "berlin", "ny", "leap", "eoy", "jan31", "naive", "day", "hour", "odd", "params", "nodate",
            "data_interval_end", "run_id"],
}  # fmt: skip
OPS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "~",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "and",
    "or",
]
CONSTS = [
    "1",
    "0",
    "-1",
    "2.5",
    "'a'",
    "''",
    "'%s'",
    "[1, 2]",
    "[]",
    "{}",
    "(1, 'x')",
    "none",
    "true",
    "3",
    "'name'",
    "'b,c'",
]
METHODS = ["upper()", "split()", "split(',')", "strip()", "title()", "items()", "keys()", "values()", "get('a')", "get('x', 1)",
           "replace('a', 'b')", "count('l')", "find('o')", "startswith('H')", "zfill(5)", "isoformat()", "date()", "time()",
           "add(days=1)", "add(months=-1)", "start_of('week')", "end_of('month')", "strftime('%Y%m%d')", "index(1)", "copy()",
           "format('YYYY-MM-DD')", "in_timezone('Europe/Berlin')", "total_seconds()", "timestamp()", "weekday()", "capitalize()",
           "join(['x', 'y'])", "subtract(weeks=2, hours=3)", "to_date_string()", "to_iso8601_string()", "replace(day=28)",
           "center(9)", "splitlines()", "rjust(8, '.')", "isdigit()", "partition('o')", "swapcase()"]  # fmt: skip
ATTRS = [
    "a",
    "name",
    "0",
    "year",
    "month",
    "day_of_week",
    "table",
    "x.y",
    "days",
    "items",
    "timezone_name",
    "cols",
    "v",
]
FILTERS = [f for f in cases.PLAIN_FILTERS] + [
    "ds", "ts", "ts_nodash", "sort(reverse=true)", "map('upper')|list", "map(attribute='name')|list", "join(', ')", "default('q')",
    "default('q', true)", "round(1)", "round(2, 'floor')", "int(7)", "truncate(11, true)", "replace('o', '0')", "first|string",
    "batch(3, 'z')|list", "selectattr('age', 'gt', 26)|list", "select('odd')|list", "reject('none')|list", "groupby('city')",
    "tojson(1)", "indent(2, true)", "wordwrap(12)", "unique|join", "sum(start=1)", "dictsort(by='value')", "e", "safe", "length",
    "format(1)", "list|length", "string|length", "last|default('none')", "max|string", "min|string", "center(7)", "trim('Hd')",
]  # fmt: skip


class Gen:
    def __init__(self, rng: random.Random, context: str) -> None:
        self.rng = rng
        self.context = context

    def expr(self, depth: int) -> str:
        r = self.rng
        kind = r.randrange(14) if depth > 0 else r.randrange(2)
        if kind == 0:
            return r.choice(CONSTS)
        if kind <= 3:
            return r.choice(NAMES[self.context])
        inner = self.expr(depth - 1)
        if kind == 4:
            return f"({inner} {r.choice(OPS)} {self.expr(depth - 1)})"
        if kind == 5:
            return f"{inner} {r.choice(OPS)} {self.expr(depth - 1)}"
        if kind in (6, 7):
            return f"({inner})|{r.choice(FILTERS)}"
        if kind == 8:
            return f"({inner}).{r.choice(METHODS)}"
        if kind == 9:
            return f"({inner}).{r.choice(ATTRS)}"
        if kind == 10:
            return f"({inner})[{self.expr(0)}]"
        if kind == 11:
            return f"({inner})[{r.choice(['', '1', '-2', '0'])}:{r.choice(['', '2', '-1', '9'])}{r.choice(['', ':-1', ':2'])}]"
        if kind == 12:
            return f"({inner} is {r.choice(cases.TESTS)})"
        return f"({inner} if {self.expr(depth - 1)} else {self.expr(depth - 1)})"

    def block(self, depth: int) -> str:
        r = self.rng
        kind = r.randrange(9) if depth > 0 else r.randrange(2)
        e = self.expr(2)
        minus = r.choice(["", "", "-", "+"])
        if kind <= 1:
            return r.choice(["text ", " \n", "{{ " + e + " }}", "{{- " + e + " -}} "])
        body = self.block(depth - 1) + self.block(depth - 1)
        if kind == 2:
            return f"{{%{minus} if {e} %}}{body}{{% else %}}{self.block(depth - 1)}{{% endif {minus.replace('+', '')}%}}"
        if kind == 3:
            return f"{{% for x in {e} %}}{body}{{{{ x }}}}{{{{ loop.index }}}}\n{{% else %}}E{{% endfor %}}"
        if kind == 4:
            return f"{{% set q = {e} %}}{body}{{{{ q }}}}"
        if kind == 5:
            return f"{{% set n %}}{body}{{% endset %}}{{{{ n|upper }}}}"
        if kind == 6:
            return f"{{% macro m(a, n=5) %}}{body}{{{{ a }}}}{{{{ n }}}}{{% endmacro %}}{{{{ m({e}) }}}}"
        if kind == 7:
            return f"{{% with s = {e} %}}{body}{{{{ s }}}}{{% endwith %}}"
        return f"{{% filter {r.choice(FILTERS)} %}}{body}{{% endfilter %}}"

    def garble(self, text: str) -> str:
        r = self.rng
        i = r.randrange(len(text) + 1)
        return r.choice(
            [text[:i] + text[i + 1 :], text[:i] + r.choice("{}%#()[]|.,'\"-+=: x1") + text[i:], text[:i]]
        )


def main() -> None:
    count, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    contexts = json.loads((HERE / "contexts.json").read_text())
    for _ in range(count):
        context = rng.choice(list(NAMES))
        gen = Gen(rng, context)
        kind = rng.randrange(3)
        if kind == 0:
            text = "{{ " + gen.expr(3) + " }}"
        else:
            text = gen.block(2) if kind == 1 else gen.garble(gen.block(1))
        case = {"t": text, "c": context}
        print(json.dumps(case | make_golden.render(case, contexts)))


if __name__ == "__main__":
    main()
