/** A YAML DAG to be edited: colours, what may be typed next, mistakes at their lines. Loaded when first shown. */
import { autocompletion, type CompletionContext, closeBrackets } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useComputedColorScheme } from "@mantine/core";
import { minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import { dark, light, look } from "./code";

export interface Mistake {
  message: string;
  line: number | null;
  column: number | null;
}

const dagKeys = [
  "dag_id",
  "display_name",
  "description",
  "doc_md",
  "schedule",
  "timezone",
  "start_date",
  "end_date",
  "catchup",
  "tags",
  "max_active_runs",
  "max_active_tasks",
  "dagrun_timeout",
  "fail_fast",
  "is_paused_upon_creation",
  "owner_links",
  "render_template_as_native_obj",
  "template_searchpath",
  "on_success_callback",
  "on_failure_callback",
  "params",
  "default_args",
  "tasks",
  "groups",
];
const taskKeys = [
  "operator",
  "depends_on",
  "group",
  "trigger_rule",
  "retries",
  "retry_delay",
  "execution_timeout",
  "pool",
  "pool_slots",
  "priority_weight",
  "queue",
  "bash_command",
  "python_callable",
  "op_args",
  "op_kwargs",
  "expand",
  "partial",
  "inlets",
  "outlets",
  "is_setup",
  "is_teardown",
  "depends_on_past",
  "doc_md",
];
const values: Record<string, string[]> = {
  operator: [
    "bash",
    "empty",
    "python",
    "branch_python",
    "short_circuit",
    "virtualenv",
    "external_python",
    "latest_only",
    "trigger_dagrun",
    "external_task",
    "python_sensor",
    "bash_sensor",
    "file_sensor",
    "time_delta",
  ],
  trigger_rule: [
    "all_success",
    "all_failed",
    "all_done",
    "all_done_min_one_success",
    "all_skipped",
    "one_success",
    "one_failed",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "always",
  ],
  schedule: ['"@daily"', '"@hourly"', '"@weekly"', '"@monthly"', "null"],
  catchup: ["true", "false"],
  fail_fast: ["true", "false"],
};

/** Keys by how deep the line stands, values by their key, ids of tasks behind depends_on. */
function complete(c: CompletionContext) {
  const line = c.state.doc.lineAt(c.pos);
  const before = line.text.slice(0, c.pos - line.from);
  const key = /^(\s*)(?:- )?([\w.]*)$/.exec(before);
  if (key) {
    if (!key[2] && !c.explicit) return null;
    const keys = key[1] ? taskKeys : dagKeys;
    return { from: c.pos - key[2]!.length, options: keys.map((label) => ({ label, apply: `${label}: `, type: "property" })) };
  }
  const value = /^\s*(?:- )?(\w+):\s+(?:\[(?:.*,\s*)?)?([\w."@]*)$/.exec(before);
  if (!value) return null;
  const ids = [...c.state.doc.toString().matchAll(/^ {2}([\w.-]+):\s*$/gm)].map((m) => m[1]!);
  const list = value[1] === "depends_on" ? ids : values[value[1]!];
  return list ? { from: c.pos - value[2]!.length, options: list.map((label) => ({ label, type: "constant" })) } : null;
}

export default function YamlEdit({
  text,
  mistakes,
  label,
  onChange,
  onSave,
}: {
  /** What it begins with; another one replaces what was typed. */
  text: string;
  mistakes: Mistake[];
  label: string;
  onChange: (text: string) => void;
  onSave: () => void;
}) {
  const at = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const told = useRef({ onChange, onSave });
  told.current = { onChange, onSave };
  const scheme = useComputedColorScheme();
  useEffect(() => {
    const v = new EditorView({
      parent: at.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          minimalSetup,
          lineNumbers(),
          lintGutter(),
          yaml(),
          indentUnit.of("  "),
          closeBrackets(),
          autocompletion({ override: [complete] }),
          syntaxHighlighting(scheme === "dark" ? dark : light),
          keymap.of([
            {
              key: "Mod-s",
              run: () => {
                told.current.onSave();
                return true;
              },
            },
          ]),
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((u) => u.docChanged && told.current.onChange(u.state.doc.toString())),
          look,
          EditorView.theme({ "&": { height: "100%" }, ".cm-scroller": { overflow: "auto" } }, { dark: scheme === "dark" }),
        ],
      }),
    });
    view.current = v;
    return () => v.destroy();
  }, [text, scheme, label]);
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const found: Diagnostic[] = mistakes.map((m) => {
      const line = v.state.doc.line(Math.min(Math.max(1, m.line ?? 1), v.state.doc.lines));
      const from = Math.min(line.to, line.from + Math.max(0, (m.column ?? 1) - 1));
      return { from: m.column ? from : line.from, to: line.to, severity: "error", message: m.message };
    });
    v.dispatch(setDiagnostics(v.state, found));
  }, [mistakes]);
  return <div ref={at} className="card code yaml-edit" />;
}
