/** 조사: 앞말의 끝소리를 보고 을(를), 이(가), 은(는), 과(와), (으)로 가운데 하나를 고른다. */

type Final = "none" | "l" | "other";

const DIGITS: Final[] = ["other", "l", "none", "other", "none", "none", "other", "l", "l", "none"];

/** 영어 낱말은 읽는 소리가 뚜렷한 것만 안다. 모르면 null: book(북), chat(챗)처럼 철자만으로는 알 수 없다. */
function latin(word: string): Final | null {
  // 약어와 한 글자는 글자 이름으로 읽는다: URL(유알엘), m(엠).
  if (word.length === 1 || word === word.toUpperCase()) {
    const letter = word.at(-1)!.toUpperCase();
    return "LR".includes(letter) ? "l" : "MN".includes(letter) ? "other" : "none";
  }
  const w = word.toLowerCase();
  // Words that names of DAGs and tasks often end in.
  if (/(dag|log|check)$/.test(w)) return "none";
  if (/(group|job|map|set|step|up|web|week)$/.test(w)) return "other";
  if (/le?$/.test(w)) return "l";
  if (/([mn]e?|ng)$/.test(w)) return "other";
  if (/[^aeiou]t$|[^aeiouc]k$|[^aeiou][bgp]$/.test(w)) return "none";
  return /([bcgkpt]|pe)$/.test(w) ? null : "none";
}

function final(word: string): Final | null {
  if (/^\d$/.test(word)) return DIGITS[Number(word)]!;
  if (/^[A-Za-z]/.test(word)) return latin(word);
  const closes = (word.charCodeAt(0) - 0xac00) % 28;
  return closes === 0 ? "none" : closes === 8 ? "l" : "other";
}

const CHOICE = /([가-힣]|\d|[A-Za-z]+)(['"’”`\])]*)(?:([을이은과])\(([를가는와])\)|\(으\)로)/g;

export function josa(text: string): string {
  if (!text.includes("(")) return text;
  return text.replace(CHOICE, (all, word: string, quote: string, closed?: string, open?: string) => {
    const end = final(word);
    if (end === null) return all;
    if (closed) return word + quote + (end === "none" ? open : closed);
    return word + quote + (end === "other" ? "으로" : "로");
  });
}
