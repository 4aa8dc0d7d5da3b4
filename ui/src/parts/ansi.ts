/** Colours of a terminal in a line of text. */
export interface Span {
  text: string;
  cls: string;
}
const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what is looked for
const code = /\x1b\[([\d;]*)([A-Za-z])/g;

export function ansi(line: string): Span[] {
  if (!line.includes("\x1b")) return [{ text: line, cls: "" }];
  const out: Span[] = [];
  let at = 0;
  let fg = "";
  let bold = false;
  let dim = false;
  let under = false;
  const push = (text: string) => {
    if (text)
      out.push({
        text,
        cls: [fg && `ansi-${fg}`, bold && "ansi-bold", dim && "dim", under && "ansi-under"].filter(Boolean).join(" "),
      });
  };
  for (const m of line.matchAll(code)) {
    push(line.slice(at, m.index));
    at = m.index + m[0].length;
    if (m[2] !== "m") continue;
    const parts = (m[1] || "0").split(";").map(Number);
    for (let i = 0; i < parts.length; i++) {
      const p = parts[i]!;
      if (p === 0) {
        fg = "";
        bold = dim = under = false;
      } else if (p === 1) bold = true;
      else if (p === 2) dim = true;
      else if (p === 4) under = true;
      else if (p === 22) bold = dim = false;
      else if (p === 24) under = false;
      else if (p >= 30 && p <= 37) fg = names[p - 30]!;
      else if (p >= 90 && p <= 97) fg = names[p - 90]!;
      else if (p === 39) fg = "";
      else if (p === 38 || p === 48) i += parts[i + 1] === 5 ? 2 : 4;
    }
  }
  push(line.slice(at));
  return out;
}
export const plain = (line: string): string => line.replace(code, "");
