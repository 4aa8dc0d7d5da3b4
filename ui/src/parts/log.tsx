/** The log of one attempt, of any size, live while it runs: levels, search, wrapping, links to lines. Only what is in sight is loaded and drawn. */
import { ActionIcon, Button, Group, MultiSelect, Slider, Text, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { url } from "../api";
import { IconArrowDown, IconArrowUp, IconDownload, IconPlayerTrackNext, IconTextWrap } from "../icons";
import { useRemembered, useZone } from "../settings";
import { formatTime, zoneMark } from "../time";
import { ansi } from "./ansi";
import { Empty, Trouble } from "./bits";
import { useFollow } from "./follow";
import type { Line, Row } from "./log-rows";
import { LogStore } from "./log-store";
import { useRest } from "./room";

/** Of a longer log the rows around what is looked at scroll; nothing on a page can be as high as millions of lines. */
const WINDOW = 20_000;
/** So near to an end of them they change. */
const EDGE = 400;
/** So long going through it may take before its last lines are shown alone. */
const PEEK_MS = 250;
/** A log of more rows opens at its end. */
const LONG = 2000;
const SEARCH_MS = 200;

const levels = ["debug", "info", "warning", "error", "critical"];

/** What the engine has for this page only, of the log that the API has there. */
const pagesOf = (path: string) => path.replace(/^\/api\/v2/, "/ui");

/** The log of the levels that are wanted; of an attempt that goes on as it is written. */
function useLog(path: string, mapIndex: number, running: boolean, chosen: readonly string[], ends: boolean) {
  const wanted = chosen.join(" ");
  const store = useMemo(
    () => new LogStore(pagesOf(path), mapIndex >= 0 ? { map_index: mapIndex } : {}, wanted ? wanted.split(" ") : []),
    [path, mapIndex, wanted],
  );
  const version = useSyncExternalStore(store.follow, store.version);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a store is gone through once; a line that is linked later stops nothing
  useEffect(() => {
    void store.scan();
    const timer = setTimeout(() => ends && !store.ready && void store.peek(), PEEK_MS);
    return () => {
      clearTimeout(timer);
      store.stop();
    };
  }, [store]);
  const [over, setOver] = useState(false);
  // Whoever saw it run follows it to its end, which may be told a little after the state.
  const [follows, setFollows] = useState(running);
  if (running && !follows) setFollows(true);
  // What was there is not told again, also when the stream is begun anew.
  const from = () =>
    url(path, { map_index: mapIndex >= 0 ? mapIndex : undefined, last_event_id: store.file ? store.offset : undefined });
  const { open, lost } = useFollow(
    follows && store.ready ? `${path} ${wanted}` : null,
    ["log"],
    (m) => {
      if (!store.append(JSON.parse(m.data) as Line, Number(m.lastEventId))) void store.scan();
    },
    () => {
      // The last words of one that has left nothing, or was not there yet.
      if (!store.file) void store.scan();
      setOver(true);
    },
    from,
  );
  const failed = store.error ?? (follows && lost && !open && !over ? new TypeError("network") : null);
  return { store, version, error: failed, again: () => void store.scan(), following: follows && !over };
}
type Log = ReturnType<typeof useLog>;

/** Which rows of a long log scroll, and how to come to any of them. */
function useRows(log: Log, box: React.RefObject<HTMLDivElement | null>) {
  const { store, version } = log;
  const [base, setBase] = useState(0);
  const begin = Math.min(base, Math.max(0, store.rows - 1));
  const count = Math.min(WINDOW, store.rows - begin);
  const v = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => 19,
    overscan: 20,
    getItemKey: useCallback((i: number) => begin + i, [begin]),
  });
  /** Where to be once the rows are there. */
  const going = useRef<{ row: number; align: "start" | "center" | "end"; by: number } | null>(null);
  const arrive = () => {
    const to = going.current;
    if (!to) return;
    going.current = null;
    v.scrollToIndex(to.row - begin, { align: to.align });
    if (to.by) requestAnimationFrame(() => box.current?.scrollBy(0, to.by));
  };
  /** Rows are as high as they are only when they are loaded: one comes there again then, unless one has gone elsewhere. */
  const aim = useRef<{ row: number; align: "start" | "center" | "end" } | null>(null);
  const leave = () => {
    aim.current = null;
  };
  const go = (row: number, align: "start" | "center" | "end" = "center") => {
    if (row < 0 || row >= store.rows) return;
    aim.current = { row, align };
    const room = Math.min(WINDOW, store.rows);
    going.current = { row, align, by: 0 };
    const near = (row < begin + EDGE && begin > 0) || (row >= begin + count - EDGE && begin + count < store.rows);
    if (near) setBase(Math.max(0, Math.min(store.rows - room, row - WINDOW / 2)));
    else arrive();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the other rows that one arrives at
  useLayoutEffect(arrive, [begin]);

  const items = v.getVirtualItems();
  const first = begin + (items[0]?.index ?? 0);
  const last = begin + (items.at(-1)?.index ?? -1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has changed may have to be loaded
  useEffect(() => {
    store.need(first, last);
  }, [store, version, first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when rows have come
  useLayoutEffect(() => {
    const to = aim.current;
    if (!to || to.row < begin || to.row >= begin + count) return;
    v.scrollToIndex(to.row - begin, { align: to.align });
    const there = first <= to.row && to.row <= last;
    if (there && items.every((i) => store.row(begin + i.index))) aim.current = null;
  }, [version, first, last]);
  /* Near an end of the rows that scroll: others, and the same stays in sight. */
  const seen = v.range;
  useEffect(() => {
    // What is in sight is told only after one has come there.
    if (!seen || going.current || aim.current) return;
    const up = begin > 0 && seen.startIndex < EDGE;
    const down = begin + count < store.rows && seen.endIndex > count - EDGE;
    if (!up && !down) return;
    const item = v.measurementsCache[seen.startIndex];
    going.current = {
      row: begin + seen.startIndex,
      align: "start",
      by: item && box.current ? Math.max(0, box.current.scrollTop - item.start) : 0,
    };
    aim.current = { row: begin + seen.startIndex, align: "start" };
    const next = begin + (up ? -WINDOW / 2 : WINDOW / 2);
    setBase(Math.max(0, Math.min(store.rows - WINDOW, next)));
  }, [seen?.startIndex, seen?.endIndex, begin, count, store, v, box, seen]);
  return { v, items, begin, count, go, leave, top: begin + (seen?.startIndex ?? 0), bottom: begin + (seen?.endIndex ?? 0) };
}

/** Where in a long log one is; a slider goes through all of it. */
function Whereabouts({ top, bottom, rows, go }: { top: number; bottom: number; rows: number; go: (row: number) => void }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState<number | null>(null);
  return (
    <Group gap="sm" mb="xs" wrap="nowrap">
      <Text fz={12} c="dimmed" style={{ whiteSpace: "nowrap" }}>
        {t("log.part", {
          from: (top + 1).toLocaleString(),
          to: (bottom + 1).toLocaleString(),
          rows: rows.toLocaleString(),
        })}
      </Text>
      <Slider
        size="xs"
        flex={1}
        min={1}
        max={rows}
        step={Math.max(1, Math.floor(rows / 1000))}
        value={held ?? top + 1}
        label={(n) => n.toLocaleString()}
        thumbLabel={t("log.place")}
        onChange={setHeld}
        onChangeEnd={(n) => {
          setHeld(null);
          go(n - 1);
        }}
      />
      <Button size="compact-xs" variant="default" onClick={() => go(0)}>
        {t("log.begin")}
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => go(rows - 1)}>
        {t("log.end")}
      </Button>
    </Group>
  );
}

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
  const [chosen, setChosen] = useState<string[]>([]);
  const marked = linked ? Number(search.get("line")) || 0 : 0;
  const log = useLog(path, mapIndex, running, chosen, !marked);
  const { store, error, again, following } = log;
  const [wrap, setWrap] = useRemembered("log.wrap", "yes");
  const [query, setQuery] = useState("");
  const [asked] = useDebouncedValue(query, SEARCH_MS);
  const [follow, setFollow] = useState(true);
  const [hit, setHit] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const height = useRest(box, 240);
  const words = useRef<HTMLInputElement>(null);
  const { v, items, begin, go: show, leave, top, bottom } = useRows(log, box);

  // The search begins when the log is known, and anew with other levels.
  useEffect(() => {
    if (store.ready || asked) void store.find(asked);
  }, [store, asked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each line, when the log is known
  useEffect(() => {
    if (!store.ready || !store.rows) return;
    if (marked) void store.locate(marked).then((row) => row !== null && show(row));
    else if (!following && store.rows > LONG) show(store.rows - 1, "end");
  }, [store, store.ready, marked]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each new line
  useEffect(() => {
    if (!marked && follow && following && store.rows) show(store.rows - 1, "end");
  }, [store.rows, marked, follow, following]);

  const hits = query ? store.hits : [];
  /** Enter may be pressed before there is an answer. */
  const hurried = useRef(false);
  const go = (to: number) => {
    hurried.current = !hits.length;
    if (!hits.length) return;
    const n = (to + hits.length) % hits.length;
    setHit(n);
    setFollow(false);
    show(hits[n]!.row);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the first are there
  useEffect(() => {
    if (hurried.current && hits.length) go(0);
  }, [hits.length > 0]);
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
  const current = hits[hit]?.row;
  /** By keyboard: the hit, else the first line in sight. */
  const markLine = () => {
    const at = store.row(current ?? begin + (v.getVirtualItemForOffset(box.current!.scrollTop + 1)?.index ?? 0));
    if (at) link(at.n);
  };
  const firstAt = items.map((i) => store.row(begin + i.index)?.at).find(Boolean);
  const zoneOfAll = firstAt ? zoneMark(new Date(firstAt), zone) : "";
  const stamp = (at: string) => {
    const mark = zoneMark(new Date(at), zone);
    // Where the clocks change in a log each line says on which side it is.
    return `${formatTime(new Date(at), zone).slice(11)}${mark === zoneOfAll ? "" : ` ${mark}`}`;
  };
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
  const params = { map_index: mapIndex >= 0 ? mapIndex : undefined };
  const classOf = (l: Row, isHit: boolean) =>
    `log-line lv-${l.of}${l.n && l.n === marked ? " marked" : ""}${isHit ? " hit" : ""}${l.source ? " source" : ""}`;
  const parts = (l: Row) => (
    <>
      {l.n > 0 ? (
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
      ) : (
        <span className="log-n" />
      )}
      {l.at ? (
        <time className="log-at" dateTime={l.at} title={`${formatTime(new Date(l.at), zone)} ${zoneMark(new Date(l.at), zone)}`}>
          {stamp(l.at)}
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
    </>
  );
  const early = store.ready ? [] : store.tail;
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
          maxLength={100}
          value={query}
          onChange={(e) => {
            setQuery(e.currentTarget.value);
            setHit(0);
            hurried.current = false;
          }}
          onKeyDown={(e) =>
            e.key === "Enter" && go(e.shiftKey ? hit - 1 : query && current !== undefined && v.range ? hit + 1 : hit)
          }
        />
        {query && (
          <Group gap={2}>
            <Text fz={12} c="dimmed" role="status">
              {hits.length
                ? `${(hit + 1).toLocaleString()} / ${store.found.toLocaleString()}${store.searching ? "…" : ""}`
                : t(store.searching || asked !== query ? "log.searching" : "log.noHit")}
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
        {zoneOfAll && (
          <Text span fz={12} c="dimmed">
            {zoneOfAll}
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
          <ActionIcon
            variant="default"
            component="a"
            aria-label={t("log.download")}
            href={url(`${pagesOf(path)}/text`, params)}
            download={`${name}.log`}
          >
            <IconDownload size={15} />
          </ActionIcon>
        </Tooltip>
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={url(path, { ...params, full_content: true })}
          target="_blank"
          rel="noreferrer"
        >
          JSON
        </Button>
      </Group>
      {store.rows > WINDOW && <Whereabouts top={top} bottom={bottom} rows={store.rows} go={show} />}
      {error && !store.rows ? <Trouble error={error} retry={again} /> : null}
      {store.ready && !error && store.rows === 0 ? (
        <div className="card">
          {chosen.length ? <Empty title={t("log.noneOf")} /> : <Empty title={t("log.none")}>{t("log.noneHint")}</Empty>}
        </div>
      ) : (
        <div
          ref={box}
          className={`card log${wrap === "yes" ? " wrap" : ""}`}
          style={{ height, "--log-n": `${String(store.all).length + 1}ch` } as React.CSSProperties}
          tabIndex={0}
          role="log"
          aria-label={label ?? t("tab.logs")}
          aria-keyshortcuts="f l n Shift+N w s Home End"
          aria-busy={!store.ready}
          onPointerDown={leave}
          onWheel={(e) => {
            leave();
            if (e.deltaY < 0 && follow && following) setFollow(false);
          }}
          onKeyDown={(e) => {
            if (e.target !== e.currentTarget || e.ctrlKey || e.metaKey || e.altKey) return;
            leave();
            if (e.key === "n") go(hit + 1);
            else if (e.key === "N") go(hit - 1);
            else if (e.key === "f") setFollow(!follow);
            else if (e.key === "l") markLine();
            else if (e.key === "w") setWrap(wrap === "yes" ? "no" : "yes");
            else if (e.key === "s") {
              e.preventDefault();
              words.current?.focus();
            } else if (e.key === "Home" || e.key === "End") {
              e.preventDefault();
              if (e.key === "Home") setFollow(false);
              show(e.key === "Home" ? 0 : store.rows - 1, e.key === "Home" ? "start" : "end");
            }
          }}
          aria-live="off"
        >
          {early.length > 0 && (
            <div className="log-early">
              {early.map((l, i) => (
                <div key={i} className={classOf(l, false)}>
                  {parts(l)}
                </div>
              ))}
            </div>
          )}
          <div
            style={{
              height: v.getTotalSize(),
              position: "relative",
              minWidth: "100%",
              width: wrap === "yes" ? "100%" : "max-content",
            }}
          >
            {items.map((item) => {
              const row = begin + item.index;
              const l = store.row(row);
              const style = { transform: `translateY(${item.start}px)` };
              if (!l)
                return (
                  <div key={item.key} data-index={item.index} className="log-line" style={style}>
                    <span className="log-text dim">…</span>
                  </div>
                );
              return (
                <div
                  key={item.key}
                  data-index={item.index}
                  ref={v.measureElement}
                  className={classOf(l, row === current)}
                  style={style}
                >
                  {parts(l)}
                </div>
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
}
