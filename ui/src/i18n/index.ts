/** Languages: a file and a folder each, loaded when chosen. To add one: copy en.ts and en/, translate, name it here. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { remember, remembered } from "../settings";
import { en, type Texts } from "./en";
import { one } from "./en/one";

/** Sentences of the engine, which are English, and what is said instead of them: {1} is what the first bracket has found. */
export type Reasons = [said: RegExp, text: string][];

interface Language {
  texts: Texts;
  reasons: Reasons;
  /** What the names of the contract are called. */
  names?: Record<string, string>;
  /** What is done to a text when its names are in it. */
  polish?: (text: string) => string;
}
export const languages: Record<string, { name: string; load: () => Promise<Language> }> = {
  en: { name: "English", load: async () => ({ texts: en, reasons: [] }) },
  ko: {
    name: "한국어",
    load: async () => {
      const [{ ko }, { reasons }, { errors }, { names }, { josa }] = await Promise.all([
        import("./ko"),
        import("./ko/reasons"),
        import("./ko/errors"),
        import("./ko/names"),
        import("./ko/josa"),
      ]);
      return { texts: ko, reasons: [...reasons, ...errors], names, polish: josa };
    },
  },
};

const loaded = new Map<string, Language>();
export const reasonsOf = (language: string): Reasons => loaded.get(language)?.reasons ?? [];
export const nameOf = (name: string): string => loaded.get(i18next.language)?.names?.[name] ?? name;
export const polish = (text: string): string => loaded.get(i18next.language)?.polish?.(text) ?? text;

async function load(language: string) {
  if (i18next.hasResourceBundle(language, "translation")) return;
  const of = await languages[language]!.load();
  loaded.set(language, of);
  i18next.addResourceBundle(language, "translation", of.texts);
}

export async function setLanguage(language: string) {
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  remember("language", language);
}

export async function startLanguage() {
  const wanted =
    [remembered("language", ""), ...navigator.languages.map((l) => l.slice(0, 2))].find((l) => l in languages) ?? "en";
  i18next.use(initReactI18next).use({ type: "postProcessor", name: "polish", process: polish });
  await i18next.init({
    lng: "en",
    postProcess: "polish",
    fallbackLng: "en",
    resources: { en: { translation: { ...en, ...one } } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  if (wanted !== "en") {
    await load(wanted);
    await i18next.changeLanguage(wanted);
  }
  document.documentElement.lang = wanted;
}
