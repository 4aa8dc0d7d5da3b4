/**
 * The Markdown that people write about their DAGs: headings, lists, quotes, code, tables, links, emphasis. Made into elements, never
 * into HTML text, so that nothing in it can run.
 */
import { Fragment, type ReactNode } from "react";

const inlines: [RegExp, (m: RegExpMatchArray, key: number) => ReactNode][] = [
  [/`([^`]+)`/, (m, k) => <code key={k}>{m[1]}</code>],
  [
    /!?\[([^\]]*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)/,
    (m, k) =>
      /^(https?:|mailto:|\/|#)/.test(m[2]!) ? (
        <a key={k} href={m[2]} rel="noreferrer noopener" target="_blank">
          {inline(m[1]!)}
        </a>
      ) : (
        <Fragment key={k}>{m[1]}</Fragment>
      ),
  ],
  [/\*\*([^*]+)\*\*|__([^_]+)__/, (m, k) => <strong key={k}>{inline(m[1] ?? m[2]!)}</strong>],
  [/\*([^*\s][^*]*)\*|\b_([^_]+)_\b/, (m, k) => <em key={k}>{inline(m[1] ?? m[2]!)}</em>],
  [
    /https?:\/\/[^\s<>)]+/,
    (m, k) => (
      <a key={k} href={m[0]} rel="noreferrer noopener" target="_blank">
        {m[0]}
      </a>
    ),
  ],
];

function inline(text: string): ReactNode {
  const out: ReactNode[] = [];
  let rest = text;
  while (rest) {
    let best: RegExpMatchArray | null = null;
    let make: ((m: RegExpMatchArray, key: number) => ReactNode) | null = null;
    for (const [pattern, fn] of inlines) {
      const m = rest.match(pattern);
      if (m && (best === null || m.index! < best.index!)) {
        best = m;
        make = fn;
      }
    }
    if (!best || !make) {
      out.push(rest);
      break;
    }
    out.push(rest.slice(0, best.index), make(best, out.length));
    rest = rest.slice(best.index! + best[0].length);
  }
  return out.map((x, i) => <Fragment key={i}>{x}</Fragment>);
}

/** Takes away what all lines are indented by. */
function dedent(text: string): string {
  const lines = text.replace(/\t/g, "    ").split("\n");
  const by = Math.min(
    ...lines
      .slice(1)
      .filter((l) => l.trim())
      .map((l) => l.length - l.trimStart().length),
  );
  return Number.isFinite(by) && by > 0 ? lines.map((l, i) => (i ? l.slice(by) : l.trimStart())).join("\n") : text;
}

export function Markdown({ text }: { text: string }) {
  const lines = dedent(text).trim().split("\n");
  const out: ReactNode[] = [];
  let i = 0;
  const take = (while_: (l: string) => boolean) => {
    const list: string[] = [];
    while (i < lines.length && while_(lines[i]!)) list.push(lines[i++]!);
    return list;
  };
  while (i < lines.length) {
    const line = lines[i]!;
    const key = i;
    const heading = line.match(/^(#{1,6})\s+(.*?)\s*#*$/);
    if (!line.trim()) i++;
    else if (heading) {
      const Tag = `h${Math.min(6, heading[1]!.length + 1)}` as "h2";
      out.push(<Tag key={key}>{inline(heading[2]!)}</Tag>);
      i++;
    } else if (/^\s*(```|~~~)/.test(line)) {
      i++;
      const body = take((l) => !/^\s*(```|~~~)/.test(l));
      i++;
      out.push(
        <pre key={key} className="pre">
          {body.join("\n")}
        </pre>,
      );
    } else if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items = take((l) => /^\s*([-*+]|\d+[.)])\s+/.test(l) || /^\s{2,}\S/.test(l)).reduce<string[]>((a, l) => {
        if (/^\s*([-*+]|\d+[.)])\s+/.test(l)) a.push(l.replace(/^\s*([-*+]|\d+[.)])\s+/, ""));
        else a[a.length - 1] += ` ${l.trim()}`;
        return a;
      }, []);
      const list = items.map((x, k) => <li key={k}>{inline(x)}</li>);
      out.push(ordered ? <ol key={key}>{list}</ol> : <ul key={key}>{list}</ul>);
    } else if (/^\s*>/.test(line))
      out.push(
        <blockquote key={key}>
          {inline(
            take((l) => /^\s*>/.test(l))
              .map((l) => l.replace(/^\s*>\s?/, ""))
              .join(" "),
          )}
        </blockquote>,
      );
    else if (/^(-{3,}|\*{3,}|_{3,})\s*$/.test(line)) {
      out.push(<hr key={key} />);
      i++;
    } else if (line.includes("|") && /^[\s|:-]+$/.test(lines[i + 1] ?? "") && (lines[i + 1] ?? "").includes("-")) {
      const cells = (l: string) =>
        l
          .trim()
          .replace(/^\||\|$/g, "")
          .split("|")
          .map((c) => c.trim());
      const [head, , ...body] = take((l) => l.includes("|"));
      out.push(
        <table key={key} className="table">
          <thead>
            <tr>
              {cells(head!).map((c, k) => (
                <th key={k}>{inline(c)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((r, k) => (
              <tr key={k}>
                {cells(r).map((c, n) => (
                  <td key={n}>{inline(c)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>,
      );
    } else {
      const body = take((l) => l.trim() !== "" && !/^(#{1,6}\s|\s*(```|~~~)|\s*>|\s*([-*+]|\d+[.)])\s)/.test(l));
      if (body.length === 0) body.push(lines[i++]!);
      out.push(<p key={key}>{inline(body.join(" "))}</p>);
    }
  }
  return <div className="markdown">{out}</div>;
}
