import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Kbd,
  Menu,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Fragment, lazy, type ReactNode, Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation, useNavigate } from "react-router";
import { type Page, send, url, waysIn, whenDenied } from "./api";
import { languages, setLanguage } from "./i18n";
import {
  IconActivity,
  IconAlarm,
  IconAlertTriangle,
  IconBellRinging,
  IconBolt,
  IconDatabase,
  IconDatabaseExport,
  IconDeviceDesktop,
  IconFileCode,
  IconFileSearch,
  IconHandStop,
  IconHistory,
  IconHome,
  IconKey,
  IconKeyboard,
  IconLanguage,
  IconLayoutGrid,
  IconListCheck,
  IconMoon,
  IconPackage,
  IconPlug,
  IconPuzzle,
  IconSearch,
  IconSettings,
  IconSitemap,
  IconStack2,
  IconSun,
  IconUser,
  IconUserCircle,
  IconUserShield,
  IconUsers,
  IconVariable,
} from "./icons";
import { client, LiveProvider, useGet, useLive, useLost } from "./live";
import { Announcer, announce } from "./parts/announce";
import { Arrows } from "./parts/arrows";
import { Boundary, Busy } from "./parts/bits";
import { Tips } from "./parts/tip";
import { undoLast } from "./parts/undo";
import { useViews, type View } from "./parts/views";
import { ZoneMenu } from "./parts/zone-menu";
import { useMay, useMe } from "./session";
import { singleKeys } from "./settings";
import { listen } from "./stream";

// Before the first question: what changes after its answer is told.
if (!/\/login$/.test(location.pathname)) listen(true);

const Palette = lazy(() => import("./palette"));
const Keys = lazy(() => import("./parts/keys"));

function Item({
  to,
  icon,
  text,
  count,
  end,
}: {
  to: string;
  icon: ReactNode;
  text: string;
  count?: number | undefined;
  end?: boolean;
}) {
  return (
    <NavLink to={to} end={end ?? false} className={({ isActive }) => `rail-link${isActive ? " active" : ""}`}>
      {icon}
      {text}
      {count ? (
        <span className="rail-count">
          <span aria-hidden="true">{count}</span>
          <span className="sr-only">({count})</span>
        </span>
      ) : null}
    </NavLink>
  );
}

/** Pages that plugins name: in a frame of ours under their route, else where they are. */
function Views({ of }: { of: View[] }) {
  return of.map((v) =>
    v.url_route ? (
      <Item key={v.name} to={`/plugin/${v.url_route}`} icon={<IconPuzzle size={17} />} text={v.name} />
    ) : (
      <a key={v.name} href={v.href} className="rail-link" target="_blank" rel="noreferrer noopener">
        <IconPuzzle size={17} />
        {v.name}
      </a>
    ),
  );
}

function Rail() {
  const { t } = useTranslation();
  const errors = useGet<Page>("/api/v2/importErrors", { limit: 0 }, { every: 15_000 });
  const hands = useGet<Page>("/api/v2/dags/~/dagRuns/~/hitlDetails", { limit: 0, response_received: false }, { every: 15_000 });
  const needs = useGet<{ total: number }>("/ui/needs", { after: 300 }, { every: 60_000, untold: true });
  const may = useMay();
  const views = useViews("nav") ?? [];
  const category = (v: View) => (v.category ?? "").toLowerCase();
  const placed = (name: string) => views.filter((v) => !v.nav_top_level && category(v) === name);
  const others = views.filter((v) => !v.nav_top_level && category(v) !== "browse" && category(v) !== "admin");
  const s = 17;
  return (
    <nav className="rail" aria-label={t("nav.main")}>
      <Item to="/" end icon={<IconHome size={s} />} text={t("nav.home")} />
      <Item to="/dags" icon={<IconSitemap size={s} />} text={t("nav.dags")} />
      {may("asset", "read") && <Item to="/assets" icon={<IconStack2 size={s} />} text={t("nav.assets")} />}
      <Views of={views.filter((v) => v.nav_top_level)} />
      <div className="rail-title">{t("nav.activity")}</div>
      <Item to="/dag_runs" icon={<IconActivity size={s} />} text={t("nav.runs")} />
      <Item to="/task_instances" icon={<IconListCheck size={s} />} text={t("nav.tis")} />
      {may("xcom", "read") && <Item to="/xcoms" icon={<IconDatabaseExport size={s} />} text={t("nav.xcoms")} />}
      <Item to="/needs" icon={<IconBellRinging size={s} />} text={t("nav.needs")} count={needs.data?.total} />
      <Item to="/required_actions" icon={<IconHandStop size={s} />} text={t("nav.required")} count={hands.data?.total_entries} />
      <Item to="/deadlines" icon={<IconAlarm size={s} />} text={t("nav.deadlines")} />
      <Item
        to="/import_errors"
        icon={<IconAlertTriangle size={s} />}
        text={t("nav.importErrors")}
        count={errors.data?.total_entries}
      />
      {may("log", "read") && <Item to="/log_search" icon={<IconFileSearch size={s} />} text={t("nav.logSearch")} />}
      {may("event", "read") && <Item to="/events" icon={<IconHistory size={s} />} text={t("nav.events")} />}
      <Views of={placed("browse")} />
      <div className="rail-title">{t("nav.admin")}</div>
      {may("connection") && may("dag") && <Item to="/editor" icon={<IconFileCode size={s} />} text={t("nav.editor")} />}
      {may("pool", "read") && <Item to="/pools" icon={<IconLayoutGrid size={s} />} text={t("nav.pools")} />}
      {may("variable", "read") && <Item to="/variables" icon={<IconVariable size={s} />} text={t("nav.variables")} />}
      {may("connection", "read") && <Item to="/connections" icon={<IconPlug size={s} />} text={t("nav.connections")} />}
      {may("provider", "read") && <Item to="/providers" icon={<IconPackage size={s} />} text={t("nav.providers")} />}
      {may("plugin", "read") && <Item to="/plugins" icon={<IconPuzzle size={s} />} text={t("nav.plugins")} />}
      {may("job", "read") && <Item to="/jobs" icon={<IconDatabase size={s} />} text={t("nav.jobs")} />}
      {may("config", "read") && <Item to="/configs" icon={<IconSettings size={s} />} text={t("nav.config")} />}
      <Views of={placed("admin")} />
      {[...new Set(others.map((v) => v.category ?? ""))].map((c) => (
        <Fragment key={c}>
          <div className="rail-title">{c || t("nav.plugins")}</div>
          <Views of={others.filter((v) => (v.category ?? "") === c)} />
        </Fragment>
      ))}
      {may("user", "read") && (
        <>
          <div className="rail-title">{t("nav.access")}</div>
          <Item to="/users" icon={<IconUsers size={s} />} text={t("nav.users")} />
          <Item to="/roles" icon={<IconUserShield size={s} />} text={t("nav.roles")} />
          <Item to="/tokens" icon={<IconKey size={s} />} text={t("nav.tokens")} />
        </>
      )}
    </nav>
  );
}

function ThemeMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const icons = { light: <IconSun size={17} />, dark: <IconMoon size={17} />, auto: <IconDeviceDesktop size={17} /> };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("theme")}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("theme")}>
            {icons[colorScheme]}
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {(["light", "dark", "auto"] as const).map((s) => (
          <Menu.Item key={s} leftSection={icons[s]} onClick={() => setColorScheme(s)} fw={s === colorScheme ? 600 : 400}>
            {t(`theme.${s}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("language")}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("language")}>
            <IconLanguage size={17} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(languages).map(([code, { name }]) => (
          <Menu.Item key={code} lang={code} onClick={() => setLanguage(code)} fw={code === i18n.language ? 600 : 400}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const leave = async () => {
    // Who has vouched for them may have a page of its own to sign out at.
    if ((await waysIn()).providers.length) {
      location.assign(url("/auth/logout"));
      return;
    }
    await fetch(url("/auth/logout"), { method: "POST", redirect: "manual" });
    client.clear();
    navigate("/login");
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("user")}>
          <IconUser size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me.data && (
          <Menu.Label>
            {me.data.display_name} · {me.data.roles[0]}
          </Menu.Label>
        )}
        <Menu.Item leftSection={<IconUserCircle size={16} />} onClick={() => navigate("/account")}>
          {t("nav.account")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onKeys}>
          {t("keys.title")}
        </Menu.Item>
        {me.data?.can_sign_out !== false && <Menu.Item onClick={leave}>{t("signOut")}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

function Connection() {
  const { t } = useTranslation();
  const lost = useLost();
  const live = useLive() && !lost;
  return (
    <span className={`live ${live ? "live-on" : ""}`} role="status" data-tip={live ? t("live.onHint") : t("live.offHint")}>
      <IconBolt size={14} />
      <Text span fz={12} visibleFrom="sm">
        {live ? t("live.on") : t("live.off")}
      </Text>
    </span>
  );
}

/** Tells screen readers which page has come: its title, which the page itself sets. */
function useTitleSaid() {
  const { pathname } = useLocation();
  const first = useRef(pathname);
  useEffect(() => {
    if (first.current === pathname) return;
    first.current = "";
    const timer = setTimeout(() => announce(document.title, "title"), 400);
    return () => clearTimeout(timer);
  }, [pathname]);
}

/** What takes letters has the keys for itself. A switch is an input, too, and takes none. */
const writing = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";
const editable = `${writing}, [role=dialog], [role=menu], [role=listbox]`;

const notWriting = (act: () => void) => (e: KeyboardEvent) => {
  if ((e.target as Element).closest?.(writing)) return;
  e.preventDefault();
  act();
};

/** Keys without Ctrl, for whoever has not switched them off: voice control and unsteady hands type them by mistake. */
function useSingleKeys(keys: Record<string, () => void>) {
  const told = useRef(keys);
  told.current = keys;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const act = told.current[e.key];
      if (!act || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || !singleKeys()) return;
      if ((e.target as Element).closest?.(editable) || document.querySelector("[role=dialog]")) return;
      e.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function Frame() {
  const { t } = useTranslation();
  const [open, { toggle, close }] = useDisclosure();
  const lost = useLost();
  const location = useLocation();
  const navigate = useNavigate();
  const palette = () => void import("./palette").then((p) => p.openPalette());
  const [help, helping] = useDisclosure();
  useHotkeys(
    [
      ["mod+K", notWriting(palette), { preventDefault: false }],
      ["mod+Z", notWriting(undoLast), { preventDefault: false }],
    ],
    [],
  );
  useSingleKeys({ "/": palette, "?": helping.open });
  useTitleSaid();
  useEffect(() => {
    whenDenied(() => navigate(`/login?next=${encodeURIComponent(location.pathname + location.search)}`));
  }, [navigate, location]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(close, [location.pathname]);
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 226, breakpoint: "md", collapsed: { mobile: !open } }}
      padding={{ base: "sm", sm: "lg" }}
    >
      <button type="button" className="skip-link" onClick={() => document.getElementById("main")?.focus()}>
        {t("skip")}
      </button>
      <Announcer />
      <AppShell.Header className="head">
        <Burger opened={open} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t("nav.toggle")} />
        <NavLink to="/" className="brand">
          <img src={url("static/icon.svg")} width={24} height={24} alt="" />
          Tradewind
        </NavLink>
        <span className="grow" />
        <UnstyledButton className="head-search" onClick={palette}>
          <IconSearch size={15} />
          <Text span fz={13} className="narrow-hide">
            {t("palette.hint")}
          </Text>
          <Kbd size="xs" visibleFrom="sm" aria-hidden="true">
            Ctrl K
          </Kbd>
        </UnstyledButton>
        <span className="grow" />
        <Connection />
        <Group gap={2} wrap="nowrap">
          <ZoneMenu />
          <LanguageMenu />
          <ThemeMenu />
          <UserMenu onKeys={helping.open} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="side" onKeyDown={(e) => e.key === "Escape" && close()}>
        <ScrollArea type="auto" scrollbars="y" flex={1} px={8} py={8}>
          <Rail />
        </ScrollArea>
      </AppShell.Navbar>
      {open && <div className="side-veil" onClick={close} aria-hidden="true" />}
      <AppShell.Main id="main" tabIndex={-1}>
        {lost && (
          <div className="banner" role="alert">
            {t("lost")}
          </div>
        )}
        <Boundary key={location.pathname}>
          <Suspense fallback={<Busy />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </AppShell.Main>
      <Suspense>
        <Palette />
        {help && <Keys onClose={helping.close} />}
      </Suspense>
      <Tips />
      <Arrows />
    </AppShell>
  );
}

export function Shell() {
  return (
    <LiveProvider>
      <Frame />
    </LiveProvider>
  );
}

export async function patchDag(dagId: string, paused: boolean) {
  await send("PATCH", `/api/v2/dags/${encodeURIComponent(dagId)}`, {}, { is_paused: paused });
  await client.invalidateQueries({ predicate: (q) => String(q.queryKey[0]).startsWith("/api/v2/dags") });
}
