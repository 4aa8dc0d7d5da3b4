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
