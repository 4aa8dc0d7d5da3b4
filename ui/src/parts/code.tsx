/** Text with colours, lines and search; and the difference of two. Loaded when first shown. */
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useComputedColorScheme } from "@mantine/core";
import { minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import { useRest } from "./room";

const languages: Record<string, () => Extension> = { python, json, yaml, text: () => [] };
export const dark = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "#c099ff" },
  { tag: [tags.string, tags.special(tags.string)], color: "#9ece8a" },
  { tag: [tags.number, tags.bool, tags.null], color: "#f0a870" },
  { tag: [tags.comment, tags.docComment], color: "#8593a1", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "#7cc0ff" },
  { tag: [tags.className, tags.typeName, tags.definition(tags.variableName)], color: "#e5c07b" },
  { tag: [tags.propertyName], color: "#8fd3e8" },
]);
export const light = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "#6a1b9a" },
  { tag: [tags.string, tags.special(tags.string)], color: "#1b6e20" },
  { tag: [tags.number, tags.bool, tags.null, tags.escape], color: "#a1440a" },
  { tag: [tags.comment, tags.docComment], color: "#5b6875", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "#0b4fa8" },
  { tag: [tags.className, tags.typeName, tags.definition(tags.variableName)], color: "#7a4a00" },
  { tag: [tags.propertyName], color: "#0b6375" },
]);
export const look = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--tw-text)", fontSize: "12.5px" },
  ".cm-gutters": { backgroundColor: "var(--tw-code)", color: "var(--tw-dim)", borderRight: "1px solid var(--tw-line)" },
  ".cm-content": { fontFamily: "var(--mantine-font-family-monospace)" },
  "&.cm-focused": { outline: "2px solid var(--mantine-primary-color-filled)", outlineOffset: "-2px" },
});

export default function Code({
  text,
  language = "python",
  against,
  label,
  height,
}: {
  text: string;
  language?: string;
  against?: string | undefined;
  label: string;
  height?: string;
}) {
  const at = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme();
  const rest = useRest(at, 240);
  useEffect(() => {
    const view = new EditorView({
      parent: at.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          minimalSetup,
          lineNumbers(),
          languages[language]?.() ?? [],
          syntaxHighlighting(scheme === "dark" ? dark : light),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.lineWrapping,
          look,
          EditorView.theme({}, { dark: scheme === "dark" }),
          against === undefined ? [] : unifiedMergeView({ original: against, mergeControls: false, collapseUnchanged: {} }),
        ],
      }),
    });
    return () => view.destroy();
  }, [text, language, scheme, against, label]);
  return <div ref={at} className="card code" style={{ maxHeight: height ?? rest, overflow: "auto" }} />;
}
