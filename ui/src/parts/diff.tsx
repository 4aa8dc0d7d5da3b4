/** Two texts, line by line: what is gone and what has come, told by sign and by colour. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

type Line = { sign: " " | "-" | "+"; text: string };
/** Beyond so many cells of the table of common lines, all of one and all of the other is shown. */
const MOST = 4_000_000;

/** Longest common subsequence of what is left when the same beginning and end are taken off. */
export function diffLines(before: string, after: string): Line[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let from = 0;
  while (from < a.length && from < b.length && a[from] === b[from]) from++;
  let [ea, eb] = [a.length, b.length];
  while (ea > from && eb > from && a[ea - 1] === b[eb - 1]) {
    ea--;
    eb--;
  }
  const same = (lines: string[]): Line[] => lines.map((text) => ({ sign: " ", text }));
  const x = a.slice(from, ea);
  const y = b.slice(from, eb);
  const middle: Line[] = [];
  const w = y.length + 1;
  if ((x.length + 1) * w > MOST)
    middle.push(...x.map((text): Line => ({ sign: "-", text })), ...y.map((text): Line => ({ sign: "+", text })));
  else {
    const n = new Uint32Array((x.length + 1) * w);
    for (let i = x.length - 1; i >= 0; i--)
      for (let k = y.length - 1; k >= 0; k--)
        n[i * w + k] = x[i] === y[k] ? n[(i + 1) * w + k + 1]! + 1 : Math.max(n[(i + 1) * w + k]!, n[i * w + k + 1]!);
    let [i, k] = [0, 0];
    while (i < x.length || k < y.length)
      if (i < x.length && k < y.length && x[i] === y[k]) {
        middle.push({ sign: " ", text: x[i++]! });
        k++;
      } else if (k >= y.length || (i < x.length && n[(i + 1) * w + k]! >= n[i * w + k + 1]!))
        middle.push({ sign: "-", text: x[i++]! });
      else middle.push({ sign: "+", text: y[k++]! });
  }
  return [...same(a.slice(0, from)), ...middle, ...same(a.slice(ea))];
}

const AROUND = 3;
export function Diff({ a, b, label }: { a: string; b: string; label: string }) {
  const { t } = useTranslation();
  const lines = useMemo(() => diffLines(a, b), [a, b]);
  const near = useMemo(() => {
    const keep = new Set<number>();
    lines.forEach((l, i) => {
      if (l.sign !== " ") for (let k = i - AROUND; k <= i + AROUND; k++) keep.add(k);
    });
    return keep;
  }, [lines]);
  const out: React.ReactNode[] = [];
  let skipped = 0;
  const flush = (key: number) => {
    if (skipped)
      out.push(
        <span key={`s${key}`} className="diff-line skip">
          ⋯ {t("compare.sameLines", { count: skipped })}
        </span>,
      );
    skipped = 0;
  };
  lines.forEach((l, i) => {
    if (!near.has(i)) {
      skipped++;
      return;
    }
    flush(i);
    out.push(
      <span key={i} className={`diff-line${l.sign === "-" ? " gone" : l.sign === "+" ? " came" : ""}`}>
        {l.sign} {l.text}
      </span>,
    );
  });
  flush(lines.length);
  return (
    <pre className="diff" tabIndex={0} role="region" aria-label={label}>
      {out}
    </pre>
  );
}
