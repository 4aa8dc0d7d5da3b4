/** Small things that every page is made of. */
import { Alert, Button, Group, Loader, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { Component, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, useLocation } from "react-router";
import { ApiError } from "../api";
import { IconAlertTriangle, IconLock } from "../icons";
import { announce } from "./announce";
import { inWords } from "./reasons";

export function useTitle(...parts: string[]) {
  const title = [...parts.filter(Boolean), "Tradewind"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

export interface Crumb {
  label: ReactNode;
  to?: string;
}
export function PageHead({ title, crumbs = [], children }: { title: ReactNode; crumbs?: Crumb[]; children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <header>
      {crumbs.length > 0 && (
        <nav aria-label={t("crumbs")}>
          <ol className="crumbs">
            {crumbs.map((c, i) => (
              <li key={i}>{c.to ? <Link to={c.to}>{c.label}</Link> : c.label}</li>
            ))}
          </ol>
        </nav>
      )}
      <div className="page-head">
        <h1>{title}</h1>
        {children}
      </div>
    </header>
  );
}

export function Busy() {
  const { t } = useTranslation();
  return (
    <div className="empty" role="status" aria-label={t("loading")}>
      <Loader size="sm" />
    </div>
  );
}

/** What went wrong, and what to do about it. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const status = error instanceof ApiError ? error.status : 0;
  // What fetch says when nobody answers; anything else is a fault of ours.
  const unreachable = status === 0 && error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
  const kind =
    status === 403 ? "denied" : status === 404 ? "missing" : status ? "refused" : unreachable ? "unreachable" : "broken";
  const title = t(`error.${kind}`);
  const hint = kind === "refused" || kind === "broken" ? "" : t(`error.${kind}Hint`);
  return (
    <Alert
      color={status === 403 ? "yellow" : "red"}
      icon={status === 403 ? <IconLock size={18} /> : <IconAlertTriangle size={18} />}
      title={title}
      my="md"
      role="alert"
    >
      {error instanceof Error && !unreachable && <Text size="sm">{inWords(error)}</Text>}
      {hint && <Text size="sm">{hint}</Text>}
      <Group gap="xs" mt="xs">
        {kind === "missing" && (
          <Button size="compact-sm" variant="default" component={Link} to="/dags">
            {t("error.toDags")}
          </Button>
        )}
        {retry && (
          <Button size="compact-sm" variant="default" onClick={retry}>
            {t("again")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      {icon}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}
/** Waiting, trouble, or what there is to show. */
export function Loaded<T>({ of, children }: { of: Asked<T>; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) return <Trouble error={of.error} retry={() => of.refetch()} />;
  return <Busy />;
}

/** Names of views, beside each other; where not all fit, the one that is shown is in sight. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const { pathname, search } = useLocation();
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another view is shown
  useEffect(() => {
    const at = box.current!;
    const shown = at.querySelector<HTMLElement>(".active");
    if (!shown) return;
    const [left, right] = [shown.offsetLeft - at.offsetLeft, shown.offsetLeft - at.offsetLeft + shown.offsetWidth];
    if (left < at.scrollLeft || right > at.scrollLeft + at.clientWidth) at.scrollLeft = (left + right - at.clientWidth) / 2;
  }, [pathname, search]);
  return (
    <nav ref={box} className="tabs" aria-label={label}>
      {children}
    </nav>
  );
}

export function TabLinks({ tabs, label }: { tabs: { to: string; label: ReactNode; end?: boolean }[]; label: string }) {
  return (
    <Tabs label={label}>
      {tabs.map((x) => (
        <NavLink key={x.to} to={x.to} end={x.end ?? false} className={({ isActive }) => `tab${isActive ? " active" : ""}`}>
          {x.label}
        </NavLink>
      ))}
    </Tabs>
  );
}

export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className="kv">
      {of.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>
            {value === null || value === undefined || value === "" ? (
              <Text span inherit c="dimmed">
                –
              </Text>
            ) : (
              value
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function told(message: string) {
  announce(message);
  notifications.show({
    message,
    color: "wind",
    autoClose: 4000,
    // Told politely, elsewhere.
    role: "group",
    closeButtonProps: { "aria-label": i18next.t("close") },
  });
}
export function failed(error: unknown) {
  notifications.show({
    message: inWords(error),
    color: "red",
    autoClose: 10000,
    role: "alert",
    closeButtonProps: { "aria-label": i18next.t("close") },
  });
}

export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error) return <Broken error={this.state.error} />;
    return this.props.children;
  }
}
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t("error.broken")} m="md" role="alert">
      <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
      <Button size="compact-sm" variant="default" mt="xs" onClick={() => location.reload()}>
        {t("reload")}
      </Button>
    </Alert>
  );
}
