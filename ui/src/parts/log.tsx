/** The log of one attempt, live while it runs: levels, search, wrapping, links to lines. Only what is in sight is drawn. */
import { ActionIcon, Button, Group, MultiSelect, Text, TextInput, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { ApiError, get, url } from "../api";
import { IconArrowDown, IconArrowUp, IconDownload, IconPlayerTrackNext, IconTextWrap } from "../icons";
import { useRemembered, useZone } from "../settings";
import { formatTime, zoneMark } from "../time";
import { ansi, plain } from "./ansi";
import { Empty, Trouble } from "./bits";

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
interface Answer {
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
function unfold(line: Line | string): Shown[] {
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

/** Reads on while the attempt goes on. */
function useLog(path: string, mapIndex: number, running: boolean) {
  const [lines, setLines] = useState<Shown[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [loaded, setLoaded] = useState(false);
  const [round, setRound] = useState(0);
  const token = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt begins anew
  useEffect(() => {
    setLines([]);
    setLoaded(false);
    setError(null);
    token.current = null;
  }, [path, mapIndex]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: round asks again
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      try {
        const a = await get<Answer>(
          path,
          { map_index: mapIndex >= 0 ? mapIndex : undefined, token: token.current, full_content: false },
          stop.signal,
        );
        // The sources are told anew each time.
        const fresh = a.content.flatMap(unfold).filter((l) => token.current === null || !l.source);
        if (fresh.length) setLines((before) => (token.current === null ? fresh : [...before, ...fresh]));
        token.current = a.continuation_token;
        setError(null);
        setLoaded(true);
        if (a.continuation_token) timer = setTimeout(read, fresh.length ? 400 : 1000);
      } catch (e) {
        if (stop.signal.aborted) return;
        setError(e);
        setLoaded(true);
        if (!(e instanceof ApiError) || running) timer = setTimeout(read, 2500);
      }
    };
    read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, mapIndex, running, round]);
  return { lines, error, loaded, again: () => setRound((n) => n + 1) };
}

const levels = ["debug", "info", "warning", "error", "critical"];

export function LogView({ path, mapIndex, running, name }: { path: string; mapIndex: number; running: boolean; name: string }) {
  const { t } = useTranslation();
  const zone = useZone();
  const [search, setSearch] = useSearchParams();
  const { lines, error, loaded, again } = useLog(path, mapIndex, running);
  const [wrap, setWrap] = useRemembered("log.wrap", "yes");
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [follow, setFollow] = useState(true);
  const [hit, setHit] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const marked = Number(search.get("line")) || 0;

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
    } else if (follow && running && list.length) v.scrollToIndex(list.length - 1);
  }, [list, marked, follow, running, v]);
  const go = (to: number) => {
    if (!hits.length) return;
    const n = (to + hits.length) % hits.length;
    setHit(n);
    setFollow(false);
    v.scrollToIndex(hits[n]!, { align: "center" });
  };
  const current = hits[hit];
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
    <section aria-label={t("tab.logs")}>
      <Group mb="xs" gap="xs">
        <TextInput
          size="xs"
          w={240}
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
          w={200}
          clearable
          clearButtonProps={{ "aria-label": t("clearFilter") }}
          placeholder={chosen.length ? "" : t("log.levels")}
          aria-label={t("log.levels")}
          data={levels}
          value={chosen}
          onChange={setChosen}
        />
        <span className="grow" />
        {running && (
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
          tabIndex={0}
          role="log"
          aria-label={t("tab.logs")}
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
                    href={`?line=${l.n}`}
                    title={t("log.line", { n: l.n })}
                    onClick={(e) => {
                      e.preventDefault();
                      setSearch(
                        (b) => {
                          const n = new URLSearchParams(b);
                          n.set("line", String(l.n));
                          return n;
                        },
                        { replace: true },
                      );
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
