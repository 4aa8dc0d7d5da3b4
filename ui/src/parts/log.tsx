/** The log of one attempt, live while it runs: levels, search, wrapping, links to lines. Only what is in sight is drawn. */
import { ActionIcon, Button, Group, MultiSelect, Text, TextInput, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { url } from "../api";
import { IconArrowDown, IconArrowUp, IconDownload, IconPlayerTrackNext, IconTextWrap } from "../icons";
import { useGet } from "../live";
import { useRemembered, useZone } from "../settings";
import { formatTime, zoneMark } from "../time";
import { ansi, plain } from "./ansi";
import { Empty, Trouble } from "./bits";
import { useFollow } from "./follow";
import { useRest } from "./room";

interface Frame {
  filename: string;
  lineno: number;
  name: string;
}
interface Line {
  timestamp?: string | null;
  level?: string;
  event: string;
  logger?: string;
  error_detail?: { exc_type: string; exc_value: string; frames?: Frame[] }[];
}
export interface LogAnswer {
  content: (Line | string)[];
  continuation_token: string | null;
}

/** One line on the screen; of an exception there are several. */
interface Shown {
  at: string | null;
  level: string;
  text: string;
  source: boolean;
}
export function unfold(line: Line | string): Shown[] {
  if (typeof line === "string") return line.split("\n").map((text) => ({ at: null, level: "", text, source: false }));
  const level = line.level ?? "";
  const at = line.timestamp ?? null;
  const source = at === null && level === "";
  if (source && line.event === "::endgroup::") return [];
  const out = String(line.event ?? "")
    .replace(/^::group::/, "▾ ")
    .split("\n")
    .map((text, i) => ({ at: i ? null : at, level, text, source }));
  for (const e of line.error_detail ?? []) {
    out.push({ at: null, level: "error", text: `${e.exc_type}: ${e.exc_value}`, source: false });
    for (const f of e.frames ?? [])
      out.push({ at: null, level: "error", text: `    ${f.filename}:${f.lineno} in ${f.name}`, source: false });
  }
  return out;
}

/** Lines are shown together when several come within so many milliseconds. */
const GATHER_MS = 50;

/** The whole log at once; of an attempt that goes on as it is written. */
function useLog(path: string, mapIndex: number, running: boolean) {
  const [lines, setLines] = useState<Shown[]>([]);
  const [over, setOver] = useState(false);
  // Whoever saw it run follows it to its end, which may be told a little after the state.
  const [follows, setFollows] = useState(running);
  if (running && !follows) setFollows(true);
  const params = { map_index: mapIndex >= 0 ? mapIndex : undefined };
  const whole = useGet<LogAnswer>(path, { ...params, full_content: false }, { enabled: !follows, keep: false });
  const gathered = useRef<Shown[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // What is there already comes along when a stream is begun anew.
  const known = useRef(new Set<string>());
  const { open, lost } = useFollow(
    follows ? url(path, params) : null,
    ["log"],
    (m) => {
      const line = JSON.parse(m.data) as Line;
      const fresh = unfold(line);
      const source = fresh.every((l) => l.source);
      const key = source ? m.data : m.lastEventId;
      if (known.current.has(key)) return;
      known.current.add(key);
      gathered.current.push(...fresh);
      timer.current ??= setTimeout(() => {
        const more = gathered.current;
        gathered.current = [];
        timer.current = undefined;
        setLines((before) => [...before, ...more]);
      }, GATHER_MS);
    },
    () => setOver(true),
  );
  const read = useMemo(() => whole.data?.content.flatMap(unfold) ?? [], [whole.data]);
  return {
    lines: follows ? lines : read,
    error: follows ? (lost && !open && !over ? new TypeError("network") : null) : whole.error,
    loaded: follows ? open || lines.length > 0 : !whole.isPending,
    again: () => void whole.refetch(),
    following: follows && !over,
  };
}

const levels = ["debug", "info", "warning", "error", "critical"];

export function LogView({
  path,
  mapIndex,
  running,
  name,
  label,
  linked = true,
}: {
  path: string;
  mapIndex: number;
  running: boolean;
  name: string;
  /** When there are two. */
  label?: string;
  /** Does the line in the address mean this log? */
  linked?: boolean;
}) {
  const { t } = useTranslation();
  const zone = useZone();
  const [search, setSearch] = useSearchParams();
  const { lines, error, loaded, again, following } = useLog(path, mapIndex, running);
  const [wrap, setWrap] = useRemembered("log.wrap", "yes");
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [follow, setFollow] = useState(true);
  const [hit, setHit] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const height = useRest(box, 240);
  const marked = linked ? Number(search.get("line")) || 0 : 0;
  const words = useRef<HTMLInputElement>(null);

  const list = useMemo(() => {
    let level = "";
    return lines
      .map((l, i) => {
        level = l.level || (l.at === null ? level : "");
        return { ...l, n: i + 1, of: l.level || level };
      })
      .filter((l) => chosen.length === 0 || chosen.includes(l.of));
  }, [lines, chosen]);
  const hits = useMemo(() => {
    if (!query) return [];
    const q = query.toLowerCase();
    return list.flatMap((l, i) => (plain(l.text).toLowerCase().includes(q) ? [i] : []));
  }, [list, query]);

  const v = useVirtualizer({ count: list.length, getScrollElement: () => box.current, estimateSize: () => 19, overscan: 20 });
  useEffect(() => {
    if (marked) {
      const i = list.findIndex((l) => l.n === marked);
      if (i >= 0) v.scrollToIndex(i, { align: "center" });
    } else if (follow && following && list.length) v.scrollToIndex(list.length - 1);
  }, [list, marked, follow, following, v]);
  const go = (to: number) => {
    if (!hits.length) return;
    const n = (to + hits.length) % hits.length;
    setHit(n);
    setFollow(false);
    v.scrollToIndex(hits[n]!, { align: "center" });
  };
  // The whole address: the page's base is another.
  const lineAt = (n: number) => {
    const to = new URLSearchParams(search);
    to.set("line", String(n));
    return `${window.location.pathname}?${to}`;
  };
  const link = (n: number) =>
    setSearch(
      (b) => {
        const next = new URLSearchParams(b);
        next.set("line", String(n));
        return next;
      },
      { replace: true },
    );
  const current = hits[hit];
  /** By keyboard: the hit, else the first line in sight. */
  const markLine = () => {
    const at = list[current ?? v.getVirtualItemForOffset(box.current!.scrollTop + 1)?.index ?? 0];
    if (at) link(at.n);
  };
  const first = lines.find((l) => l.at)?.at;
  const mark = (text: string) => {
    if (!query) return text;
    const at = text.toLowerCase().indexOf(query.toLowerCase());
    if (at < 0) return text;
    return (
      <>
        {text.slice(0, at)}
        <mark>{text.slice(at, at + query.length)}</mark>
        {text.slice(at + query.length)}
      </>
    );
  };
  const download = () => {
    const blob = new Blob(
      [
        `${lines.map((l) => `${l.at ? `[${l.at}] ` : ""}${l.level ? `${l.level.toUpperCase()} - ` : ""}${plain(l.text)}`).join("\n")}\n`,
      ],
      { type: "text/plain" },
    );
    const a = document.createElement("a");
    a.href = URL.createObjectURL(blob);
    a.download = `${name}.log`;
    a.click();
    URL.revokeObjectURL(a.href);
  };
  return (
    <section aria-label={label ?? t("tab.logs")}>
      <Group mb="xs" gap="xs">
        <TextInput
          ref={words}
          size="xs"
          className="log-find"
          type="search"
          placeholder={t("log.search")}
          aria-label={t("log.search")}
          value={query}
          onChange={(e) => {
            setQuery(e.currentTarget.value);
            setHit(0);
          }}
          onKeyDown={(e) =>
            e.key === "Enter" && go(e.shiftKey ? hit - 1 : query && current !== undefined && v.range ? hit + 1 : hit)
          }
        />
        {query && (
          <Group gap={2}>
            <Text fz={12} c="dimmed" role="status">
              {hits.length ? `${hit + 1} / ${hits.length}` : t("log.noHit")}
            </Text>
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t("log.previous")} onClick={() => go(hit - 1)}>
              <IconArrowUp size={14} />
            </ActionIcon>
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t("log.next")} onClick={() => go(hit + 1)}>
              <IconArrowDown size={14} />
            </ActionIcon>
          </Group>
        )}
        <MultiSelect
          size="xs"
          className="log-levels"
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={chosen.length ? "" : t("log.levels")}
          aria-label={t("log.levels")}
          data={levels}
          value={chosen}
          onChange={setChosen}
        />
        <span className="grow" />
        {first && (
          <Text span fz={12} c="dimmed">
            {zoneMark(new Date(first), zone)}
          </Text>
        )}
        {following && (
          <Button
            size="compact-xs"
            variant={follow ? "light" : "default"}
            aria-pressed={follow}
            leftSection={<IconPlayerTrackNext size={13} />}
            onClick={() => setFollow(!follow)}
          >
            {t("log.follow")}
          </Button>
        )}
        <Tooltip label={t("log.wrap")}>
          <ActionIcon
            variant={wrap === "yes" ? "light" : "default"}
            aria-pressed={wrap === "yes"}
            aria-label={t("log.wrap")}
            onClick={() => setWrap(wrap === "yes" ? "no" : "yes")}
          >
            <IconTextWrap size={15} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t("log.download")}>
          <ActionIcon variant="default" aria-label={t("log.download")} onClick={download} disabled={!lines.length}>
            <IconDownload size={15} />
          </ActionIcon>
        </Tooltip>
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={url(path, { map_index: mapIndex >= 0 ? mapIndex : undefined, full_content: true })}
          target="_blank"
          rel="noreferrer"
        >
          JSON
        </Button>
      </Group>
      {error && !lines.length ? <Trouble error={error} retry={again} /> : null}
      {loaded && !error && lines.length === 0 ? (
        <div className="card">
          <Empty title={t("log.none")}>{t("log.noneHint")}</Empty>
        </div>
      ) : (
        <div
          ref={box}
          className={`card log${wrap === "yes" ? " wrap" : ""}`}
          style={{ height }}
          tabIndex={0}
          role="log"
          aria-label={label ?? t("tab.logs")}
          aria-keyshortcuts="f l n Shift+N w s"
          onKeyDown={(e) => {
            if (e.target !== e.currentTarget || e.ctrlKey || e.metaKey || e.altKey) return;
            if (e.key === "n") go(hit + 1);
            else if (e.key === "N") go(hit - 1);
            else if (e.key === "f") setFollow(!follow);
            else if (e.key === "l") markLine();
            else if (e.key === "w") setWrap(wrap === "yes" ? "no" : "yes");
            else if (e.key === "s") {
              e.preventDefault();
              words.current?.focus();
            }
          }}
          aria-live="off"
        >
          <div
            style={{
              height: v.getTotalSize(),
              position: "relative",
              minWidth: "100%",
              width: wrap === "yes" ? "100%" : "max-content",
            }}
          >
            {v.getVirtualItems().map((item) => {
              const l = list[item.index]!;
              return (
                <div
                  key={item.key}
                  data-index={item.index}
                  ref={v.measureElement}
                  className={`log-line lv-${l.of}${l.n === marked ? " marked" : ""}${item.index === current ? " hit" : ""}${l.source ? " source" : ""}`}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <a
                    className="log-n"
                    tabIndex={-1}
                    href={lineAt(l.n)}
                    title={t("log.line", { n: l.n })}
                    onClick={(e) => {
                      e.preventDefault();
                      link(l.n);
                    }}
                  >
                    {l.n}
                  </a>
                  {l.at ? (
                    <time
                      className="log-at"
                      dateTime={l.at}
                      title={`${formatTime(new Date(l.at), zone)} ${zoneMark(new Date(l.at), zone)}`}
                    >
                      {formatTime(new Date(l.at), zone).slice(11)}
                    </time>
                  ) : (
                    <span className="log-at" />
                  )}
                  <span className="log-level">{l.at ? l.level.slice(0, 5) : ""}</span>
                  <span className="log-text">
                    {ansi(l.text).map((s, i) => (
                      <span key={i} className={s.cls}>
                        {mark(s.text)}
                      </span>
                    ))}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
}
