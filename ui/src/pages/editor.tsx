/** YAML DAGs in the browser: written, checked by the engine's own reader, shown as what they would be, saved. */
import { Alert, Button, Group, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { ApiError, get, type Structure, seg, send } from "../api";
import { IconFileCode, IconLock } from "../icons";
import { useGet } from "../live";
import { Busy, Empty, failed, Loaded, PageHead, told, useTitle } from "../parts/bits";
import { inWords } from "../parts/reasons";
import { Mark } from "../parts/state";
import type { Picture } from "../parts/things";
import type { Mistake } from "../parts/yaml-edit";
import { When } from "../time";

const YamlEdit = lazy(() => import("../parts/yaml-edit"));
const Drawing = lazy(() => import("../parts/things").then((m) => ({ default: m.Drawing })));

interface Shelf {
  mode: "off" | "check" | "write";
  files: { path: string; bytes: number; changed: string }[];
}
interface Source {
  path: string;
  text: string;
  etag: string;
}
interface Checked {
  errors: Mistake[];
  dags: {
    dag_id: string;
    structure: Structure | null;
    error: string | null;
    runs: { logical_date?: string; run_after: string; start?: string; end?: string }[];
    runs_error: string | null;
    rendered: { task_id: string; fields: Record<string, unknown>; error: string | null }[];
  }[];
}
const fresh = `dag_id: my_first
schedule: "@daily"
start_date: 2026-01-01
tasks:
  hello:
    operator: bash
    bash_command: "echo hello of {{ ds }}"
  done:
    operator: empty
    depends_on: hello
`;

function picture(s: Structure): Picture {
  const p: Picture = { things: new Map(), edges: new Map() };
  for (const x of s.tasks) {
    p.things.set(x.id, { kind: "task", label: x.label, sub: x.operator, href: null, here: false });
    for (const u of x.upstream) p.edges.set(`${s.tasks[u]!.id}>${x.id}`, { from: s.tasks[u]!.id, to: x.id, tip: "" });
  }
  return p;
}

function Result({ of }: { of: Checked }) {
  const { t } = useTranslation();
  const [view, setView] = useState("graph");
  const pictures = useMemo(() => of.dags.map((d) => (d.structure ? picture(d.structure) : null)), [of]);
  if (of.errors.length)
    return (
      <section aria-label={t("editor.mistakes")} className="stack">
        {of.errors.map((e) => (
          <Alert
            key={`${e.line} ${e.message}`}
            color="red"
            role="alert"
            title={e.line ? t("editor.line", { n: e.line }) : undefined}
          >
            <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
              {e.message}
            </Text>
          </Alert>
        ))}
      </section>
    );
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="xs"
        aria-label={t("views")}
        value={view}
        onChange={setView}
        data={["graph", "runs", "rendered"].map((v) => ({ value: v, label: t(`editor.${v}`) }))}
      />
      {of.dags.map((d, i) => (
        <section key={d.dag_id} aria-label={d.dag_id} style={{ marginBottom: 14 }}>
          <Text fw={600} mb={4}>
            <Mark state="success" size={14} /> {d.dag_id}
          </Text>
          {d.error && (
            <Alert color="red" role="alert">
              {d.error}
            </Alert>
          )}
          {view === "graph" && pictures[i] && (
            <Suspense fallback={<Busy />}>
              <Drawing picture={pictures[i]} label={t("tab.graph")} height="380px" />
            </Suspense>
          )}
          {view === "runs" &&
            (d.runs.length ? (
              <ol className="plain-list">
                {d.runs.map((r) => (
                  <li key={r.run_after}>
                    <When at={r.run_after} />
                  </li>
                ))}
              </ol>
            ) : (
              <Text size="sm">{d.runs_error ?? t("editor.noRuns")}</Text>
            ))}
          {view === "rendered" &&
            d.rendered.map((r) => (
              <div key={r.task_id} className="card tile" style={{ marginBottom: 8 }}>
                <Text fw={600} fz={13}>
                  {r.task_id}
                </Text>
                {r.error && (
                  <Text fz={12} c="dimmed">
                    {r.error}
                  </Text>
                )}
                {Object.entries(r.fields).map(([k, v]) => (
                  <div key={k}>
                    <Text fz={12} c="dimmed">
                      {k}
                    </Text>
                    <pre className="pre">{typeof v === "string" ? v : JSON.stringify(v, null, 2)}</pre>
                  </div>
                ))}
              </div>
            ))}
        </section>
      ))}
    </>
  );
}

/** One file; path null: a new one, whose name is asked for. */
function Desk({ path, write }: { path: string | null; write: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [, setSearch] = useSearchParams();
  const [name, setName] = useState(path ?? "my_first.yaml");
  const [base, setBase] = useState<Source | null>(path ? null : { path: "", text: fresh, etag: "" });
  const [text, setText] = useState(fresh);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const round = useRef(0);

  const check = async (what: string) => {
    const mine = ++round.current;
    setBusy(true);
    setTrouble(null);
    try {
      const c = await send<Checked>("POST", "/ui/editor/check", {}, { path: name, text: what });
      if (mine === round.current) setChecked(c);
    } catch (e) {
      if (mine === round.current) setTrouble(inWords(e));
    } finally {
      if (mine === round.current) setBusy(false);
    }
  };
  const soon = useDebouncedCallback(check, 900);
  const open = async (of: string) => {
    try {
      const f = await get<Source>("/ui/editor/file", { path: of });
      setBase(f);
      setText(f.text);
      setConflict(null);
      check(f.text);
    } catch (e) {
      setTrouble(inWords(e));
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each file
  useEffect(() => {
    if (path) open(path);
    else check(fresh);
  }, []);
  const save = async () => {
    try {
      const f = await send<Source>("PUT", "/ui/editor/file", {}, { path: name, text, etag: base?.etag || null });
      setBase({ ...f, text: base?.text ?? f.text });
      setConflict(null);
      told(t("editor.saved", { name }));
      await client.invalidateQueries({ queryKey: ["/ui/editor"] });
      if (!path) setSearch({ file: name }, { replace: true });
    } catch (e) {
      if (e instanceof ApiError && e.status === 409) setConflict(e.message);
      else failed(e);
    }
  };
  return (
    <>
      <Group mb="sm" gap="sm" align={path === null ? "flex-end" : "center"}>
        {path === null && (
          <TextInput
            size="xs"
            w={260}
            label={t("editor.name")}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            pattern=".*\.ya?ml"
          />
        )}
        <Button size="xs" variant="default" loading={busy} onClick={() => check(text)}>
          {t("editor.check")}
        </Button>
        {write && (
          <Button size="xs" onClick={save} disabled={!name.trim()}>
            {t("save")}
          </Button>
        )}
        <Text size="sm" lh="30px" role="status" c="dimmed">
          {checked && !busy
            ? checked.errors.length
              ? t("editor.bad", { count: checked.errors.length })
              : t("editor.good", { count: checked.dags.length })
            : ""}
        </Text>
      </Group>
      {conflict && (
        <Alert color="yellow" mb="sm" role="alert" title={conflict}>
          <Group gap="sm">
            <Text size="sm">{t("editor.conflict")}</Text>
            {base?.etag && (
              <Button size="compact-sm" variant="default" onClick={() => open(name)}>
                {t("editor.reread")}
              </Button>
            )}
          </Group>
        </Alert>
      )}
      {trouble && (
        <Alert color="red" mb="sm" role="alert">
          {trouble}
        </Alert>
      )}
      <div className="desk">
        <Suspense fallback={<Busy />}>
          {base ? (
            <YamlEdit
              text={base.text}
              mistakes={checked?.errors ?? []}
              label={t("editor.text", { name })}
              onChange={(v) => {
                setText(v);
                soon(v);
              }}
              onSave={() => write && save()}
            />
          ) : (
            <Busy />
          )}
        </Suspense>
        <div>{checked && <Result of={checked} />}</div>
      </div>
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.editor"));
  const [search, setSearch] = useSearchParams();
  const file = search.get("file");
  const shelf = useGet<Shelf>("/ui/editor");
  return (
    <>
      <PageHead title={t("nav.editor")} crumbs={[{ label: t("nav.dags"), to: "/dags" }]}>
        <span className="grow" />
        {shelf.data && shelf.data.mode !== "off" && (
          <>
            <Select
              size="xs"
              w={300}
              searchable
              aria-label={t("editor.file")}
              placeholder={t("editor.file")}
              value={file}
              data={[...new Set([...shelf.data.files.map((f) => f.path), ...(file ? [file] : [])])]}
              onChange={(v) => v && setSearch({ file: v })}
            />
            <Button size="xs" variant="default" onClick={() => setSearch({ new: "yes" })}>
              {t("editor.new")}
            </Button>
          </>
        )}
      </PageHead>
      <Loaded of={shelf}>
        {(s) =>
          s.mode === "off" ? (
            <div className="card">
              <Empty icon={<IconLock size={30} />} title={t("editor.off")}>
                {t("editor.offHint")} <code>[api] yaml_editor = write</code>
              </Empty>
            </div>
          ) : file || search.get("new") ? (
            <Desk key={file ?? "new"} path={file} write={s.mode === "write"} />
          ) : (
            <div className="card">
              <Empty
                icon={<IconFileCode size={30} />}
                title={s.files.length ? t("editor.choose") : t("editor.none")}
                action={
                  <Button variant="light" onClick={() => setSearch({ new: "yes" })}>
                    {t("editor.new")}
                  </Button>
                }
              >
                {s.files.slice(0, 20).map((f) => (
                  <span key={f.path} style={{ display: "block" }}>
                    <Link to={`/editor?file=${seg(f.path)}`}>{f.path}</Link>
                  </span>
                ))}
                {t("editor.hint")}
              </Empty>
            </div>
          )
        }
      </Loaded>
    </>
  );
}
