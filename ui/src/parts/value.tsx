/** JSON as Python writes it, with its letters instead of their numbers; the same JSON, and other text as it is. */
export function readable(text: string): string {
  if (!/\\u[0-9a-f]{4}/i.test(text)) return text;
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return text.replace(/\\(?:u([0-9a-f]{4})|.)/gi, (as, n?: string) =>
    n && Number.parseInt(n, 16) > 0xa0 ? String.fromCharCode(Number.parseInt(n, 16)) : as,
  );
}

/** Any JSON value: short ones as text, others as a block. */
export function Value({ of }: { of: unknown }) {
  if (of === null || of === undefined) return <span className="mono dim">null</span>;
  if (typeof of === "string" && of.length < 200 && !of.includes("\n")) return <span className="mono">{of}</span>;
  if (typeof of === "number" || typeof of === "boolean") return <span className="mono">{String(of)}</span>;
  return (
    <pre className="pre" tabIndex={0}>
      {typeof of === "string" ? of : JSON.stringify(of, null, 2)}
    </pre>
  );
}
