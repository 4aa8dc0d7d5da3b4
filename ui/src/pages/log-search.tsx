/** What stands in the logs of all attempts: found while one waits, newest first. */
import { Button, Checkbox, Group, Progress, Select, Text, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { ndjson, seg } from "../api";
import { IconFileSearch } from "../icons";
import { plain } from "../parts/ansi";
import { Empty, PageHead, Trouble, useTitle } from "../parts/bits";
import { When } from "../time";

interface Hit {
  dag_id: string;
  run_id: string;
  task_id: string;
  map_index: number;
  try_number: number;
  line: number;
  timestamp: string | null;
  level: string | null;
  text: string;
  start_date: string | null;
}
interface Piece {
  hit?: Hit;
  progress?: { attempts: number; of: number; bytes: number; at: string | null };
  end?: { attempts: number; bytes: number; hits: number; token: string | null };
}
const spans: Record<string, number> = { hour: 3600, day: 86400, week: 604800, month: 2592000 };

function link(h: Hit) {
  const instance = `/dags/${seg(h.dag_id)}/runs/${seg(h.run_id)}/tasks/${seg(h.task_id)}`;
  return `${instance}${h.map_index >= 0 ? `/mapped/${h.map_index}` : ""}?try_number=${h.try_number}&line=${h.line}`;
}

/** The hit stands out. */
function Marked({ text, words, regex }: { text: string; words: string; regex: boolean }) {
  let at = -1;
  let n = words.length;
  if (regex)
    try {
      const m = new RegExp(words, "i").exec(text);
      at = m?.index ?? -1;
      n = m?.[0].length ?? 0;
    } catch {
      at = -1; // a dialect that the browser does not speak
    }
  else at = text.toLowerCase().indexOf(words.toLowerCase());
  if (at < 0 || n === 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + n)}</mark>
      {text.slice(at + n)}
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  useTitle(t("nav.logSearch"));
  const [search, setSearch] = useSearchParams();
  const q = search.get("q") ?? "";
  const regex = search.get("regex") === "true";
  const [hits, setHits] = useState<Hit[]>([]);
  const [progress, setProgress] = useState<Piece["progress"] | null>(null);
  const [end, setEnd] = useState<Piece["end"] | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);

  const go = async (from: string | null) => {
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    if (!from) setHits([]);
    setError(null);
    setEnd(null);
    setProgress(null);
    setBusy(true);
    const span = spans[search.get("span") ?? ""];
    const params = {
      q,
      regex: regex || null,
      level: search.get("level"),
      dag_id: search.get("dag_id"),
      task_id: search.get("task_id"),
      run_id: search.get("run_id"),
      start_date_gte: span ? new Date(Date.now() - span * 1000).toISOString() : null,
      token: from,
    };
    try {
      await ndjson<Piece>("/ui/logs/search", params, mine.signal, (p) => {
        if (p.hit) setHits((before) => [...before, p.hit!]);
        if (p.progress) setProgress(p.progress);
        if (p.end) setEnd(p.end);
      });
    } catch (e) {
      if (!mine.signal.aborted) setError(e);
    } finally {
      if (stop.current === mine) setBusy(false);
    }
  };
  const asked = search.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked stands in the address
  useEffect(() => {
    if (q) go(null);
    return () => stop.current?.abort();
  }, [asked]);

  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const next = new URLSearchParams();
    for (const [k, v] of new FormData(e.currentTarget)) if (String(v).trim()) next.set(k, String(v).trim());
    if (next.toString() === asked) go(null);
    else setSearch(next);
  };
  return (
    <>
      <PageHead title={t("nav.logSearch")} />
      <form onSubmit={submit} className="card tile" style={{ marginBottom: 12 }} key={asked}>
        <Group align="flex-end" gap="sm">
          <TextInput
            name="q"
            type="search"
            label={t("logs.words")}
            defaultValue={q}
            required
            maxLength={200}
            style={{ flex: "1 1 260px" }}
            data-autofocus
          />
          <TextInput name="dag_id" label={t("dag")} defaultValue={search.get("dag_id") ?? ""} w={160} />
          <TextInput name="task_id" label={t("task")} defaultValue={search.get("task_id") ?? ""} w={140} />
          <Select
            name="level"
            label={t("logs.level")}
            placeholder={t("logs.anyLevel")}
            w={120}
            clearable
            clearButtonProps={{ "aria-label": t("clearFilter") }}
            defaultValue={search.get("level")}
            data={["debug", "info", "warning", "error", "critical"]}
          />
          <Select
            name="span"
            label={t("logs.span")}
            w={150}
            clearable
            clearButtonProps={{ "aria-label": t("clearFilter") }}
            placeholder={t("logs.anyTime")}
            defaultValue={search.get("span")}
            data={Object.keys(spans).map((s) => ({ value: s, label: t(`logs.span.${s}`) }))}
          />
          {busy ? (
            <Button variant="default" onClick={() => stop.current?.abort()}>
              {t("logs.stop")}
            </Button>
          ) : (
            <Button type="submit">{t("logs.go")}</Button>
          )}
        </Group>
        <Checkbox mt="xs" size="xs" name="regex" value="true" label={t("logs.regex")} defaultChecked={regex} />
      </form>
      {error !== null && <Trouble error={error} />}
      {q && (
        <Text size="sm" c="dimmed" mb="xs" role="status">
          {busy && progress
            ? t("logs.progress", {
                n: progress.attempts,
                of: progress.of,
                mib: (progress.bytes / 1048576).toFixed(1),
                hits: hits.length,
              })
            : end
              ? t("logs.end", { n: end.attempts, mib: (end.bytes / 1048576).toFixed(1), hits: hits.length })
              : busy
                ? t("loading")
                : ""}
        </Text>
      )}
      {busy && progress && (
        <Progress value={(100 * progress.attempts) / Math.max(1, progress.of)} size="xs" mb="xs" aria-label={t("logs.busy")} />
      )}
      {hits.length > 0 && (
        <div className="card table-box">
          <table className="table" aria-label={t("logs.hits")}>
            <thead>
              <tr>
                <th scope="col">{t("event.when")}</th>
                <th scope="col">{t("logs.where")}</th>
                <th scope="col">{t("logs.line")}</th>
              </tr>
            </thead>
            <tbody>
              {hits.map((h) => (
                <tr key={`${h.dag_id}/${h.run_id}/${h.task_id}/${h.map_index}/${h.try_number}/${h.line}`}>
                  <td style={{ width: "1%" }}>
                    <When at={h.timestamp ?? h.start_date} />
                  </td>
                  <td style={{ maxWidth: 300 }}>
                    <Link to={`/dags/${seg(h.dag_id)}`} style={{ textDecoration: "underline" }}>
                      {h.dag_id}
                    </Link>{" "}
                    · {h.task_id}
                    {h.map_index >= 0 && ` [${h.map_index}]`}
                    <Text fz={12} c="dimmed" className="cut" display="block">
                      {h.run_id} · {t("ti.attemptN", { n: h.try_number })}
                    </Text>
                  </td>
                  <td className="mono hit-text">
                    <Link to={link(h)} className={`hit-link${h.level ? ` log-${h.level}` : ""}`}>
                      <Marked text={plain(h.text)} words={q} regex={regex} />
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!busy && end?.token && (
        <Group mt="sm">
          <Button variant="default" onClick={() => go(end.token)}>
            {t("logs.more")}
          </Button>
          <Text size="sm" c="dimmed">
            {t("logs.moreHint")}
          </Text>
        </Group>
      )}
      {!q && (
        <div className="card">
          <Empty icon={<IconFileSearch size={30} />} title={t("logs.none")}>
            {t("logs.noneHint")}
          </Empty>
        </div>
      )}
      {q && !busy && end && hits.length === 0 && (
        <div className="card">
          <Empty icon={<IconFileSearch size={30} />} title={t("nothingFound")} />
        </div>
      )}
    </>
  );
}
