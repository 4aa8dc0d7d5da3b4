/** What each role may: kinds of things by actions, and single DAGs. */
import { Button, Checkbox, Group, SegmentedControl, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { type DagPage, type Page, seg, send } from "../api";
import { nameOf } from "../i18n";
import { IconPencil, IconPlus, IconTrash } from "../icons";
import { useGet } from "../live";
import { Loaded, PageHead, told, useTitle } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Delete, FormFoot } from "../parts/edit";
import { inWords } from "../parts/reasons";
import { Resource } from "../parts/resource";
import { useMay, useMe } from "../session";
import { Elsewhere } from "./users";

interface Permission {
  action: { name: string };
  resource: { name: string };
}
export interface Role {
  name: string;
  actions: Permission[];
}
const roles = "/auth/fab/v1/roles";
const path = (name: string) => `${roles}/${seg(name)}`;
const acts = ["can_read", "can_create", "can_edit", "can_delete", "menu_access"];
/** Made at the first start; what is taken from them comes back. */
const shipped = ["Admin", "Op", "User", "Viewer", "Public"];
const key = (p: Permission) => `${p.action.name} ${p.resource.name}`;
const permission = (action: string, resource: string): Permission => ({ action: { name: action }, resource: { name: resource } });
const ofDag = (resource: string) => /^DAG( Run)?:/.test(resource);

/** Rows are resources, columns actions; what there is no permission for cannot be given. */
function Matrix({
  label,
  resources,
  held,
  offered,
  onToggle,
}: {
  label: string;
  resources: string[];
  held: Set<string>;
  offered: Set<string> | null;
  onToggle?: ((p: Permission, on: boolean) => void) | undefined;
}) {
  const { t } = useTranslation();
  return (
    <div className="card table-box" style={{ maxHeight: onToggle ? 380 : undefined }}>
      <table className="table perms" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t("role.resource")}</th>
            {acts.map((a) => (
              <th scope="col" key={a}>
                {t(`role.${a}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {resources.map((r) => (
            <tr key={r}>
              <th scope="row">
                <Resource name={r} />
              </th>
              {acts.map((a) => {
                const p = permission(a, r);
                const on = held.has(key(p));
                const name = `${t(`role.${a}`)}: ${nameOf(r)}`;
                if (!onToggle)
                  return (
                    <td key={a}>
                      {on ? (
                        <span role="img" aria-label={name}>
                          ✓
                        </span>
                      ) : (
                        <span className="sr-only">{t("no")}</span>
                      )}
                    </td>
                  );
                return (
                  <td key={a}>
                    {on || !offered || offered.has(key(p)) ? (
                      <Checkbox size="xs" aria-label={name} checked={on} onChange={(e) => onToggle(p, e.currentTarget.checked)} />
                    ) : (
                      <span className="sr-only">{t("role.notOffered")}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));

function AddDag({ had, onAdd }: { had: Set<string>; onAdd: (dagId: string) => void }) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [wanted] = useDebouncedValue(words.trim(), 200);
  const dags = useGet<DagPage>("/api/v2/dags", { limit: 20, ...(wanted ? { dag_id_pattern: `%${wanted}%` } : {}) });
  return (
    <Select
      size="xs"
      w={320}
      label={t("role.addDag")}
      description={t("role.addDagHint")}
      searchable
      searchValue={words}
      onSearchChange={setWords}
      value={null}
      nothingFoundMessage={t("nothingFound")}
      filter={({ options }) => options}
      data={(dags.data?.dags ?? []).map((d) => d.dag_id).filter((id) => !had.has(`DAG:${id}`))}
      onChange={(id) => id && onAdd(id)}
    />
  );
}

function Form({ of, copy, onClose }: { of: Role | null; copy: Role | null; onClose: (name?: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const offered = useGet<{ actions: Permission[] } & Page>("/auth/fab/v1/permissions", { limit: 10000 });
  const [held, setHeld] = useState(() => new Map(((of ?? copy)?.actions ?? []).map((p) => [key(p), p])));
  const [dags, setDags] = useState(() => sorted([...held.values()].map((p) => p.resource.name).filter(ofDag)));
  const [find, setFind] = useState("");
  const toggle = (p: Permission, on: boolean) =>
    setHeld((before) => {
      const next = new Map(before);
      if (on) next.set(key(p), p);
      else next.delete(key(p));
      return next;
    });
  const all = offered.data?.actions ?? [];
  const known = useMemo(() => new Set(all.map(key)), [all]);
  const resources = sorted([...all, ...held.values()].map((p) => p.resource.name).filter((r) => !ofDag(r))).filter((r) =>
    `${nameOf(r)} ${r}`.toLowerCase().includes(find.trim().toLowerCase()),
  );
  const save = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const name = String(new FormData(e.currentTarget).get("name") ?? of?.name ?? "").trim();
    const body = { name: shipped.includes(of?.name ?? "") ? of!.name : name, actions: [...held.values()] };
    try {
      if (of) await send("PATCH", path(of.name), {}, body);
      else await send("POST", roles, {}, body);
      await client.invalidateQueries({ predicate: (q) => String(q.queryKey[0]).startsWith("/auth/fab/v1/") });
      told(t("saved"));
      onClose(body.name);
    } catch (err) {
      setError(inWords(err));
    }
  };
  return (
    <Dialog onClose={() => onClose()} size="xl" title={of ? t("role.edit") : t("role.new")}>
      <form onSubmit={save} className="form">
        <Group align="flex-end" grow>
          <TextInput
            name="name"
            label={t("role.name")}
            defaultValue={of?.name ?? ""}
            disabled={shipped.includes(of?.name ?? "")}
            required
            maxLength={64}
            data-autofocus
          />
          <TextInput
            type="search"
            label={t("role.find")}
            value={find}
            onChange={(e) => setFind(e.currentTarget.value)}
            onKeyDown={(e) => e.key === "Enter" && e.preventDefault()}
          />
        </Group>
        {shipped.includes(of?.name ?? "") && (
          <Text size="sm" c="dimmed">
            {t("role.shippedHint")}
          </Text>
        )}
        <Loaded of={offered}>
          {() => (
            <Matrix
              label={t("role.permissions")}
              resources={resources}
              held={new Set(held.keys())}
              offered={known}
              onToggle={toggle}
            />
          )}
        </Loaded>
        <AddDag
          had={new Set(dags)}
          onAdd={(id) => {
            setDags((d) => sorted([...d, `DAG:${id}`, `DAG Run:${id}`]));
            toggle(permission("can_read", `DAG:${id}`), true);
          }}
        />
        {dags.length > 0 && (
          <Matrix label={t("role.dags")} resources={dags} held={new Set(held.keys())} offered={null} onToggle={toggle} />
        )}
        <FormFoot error={error} onClose={() => onClose()} />
      </form>
    </Dialog>
  );
}

function Show({ of }: { of: Role }) {
  const { t } = useTranslation();
  const held = new Set(of.actions.map(key));
  const names = of.actions.map((p) => p.resource.name);
  const dags = sorted(names.filter(ofDag));
  return (
    <>
      <Matrix label={t("role.permissions")} resources={sorted(names.filter((r) => !ofDag(r)))} held={held} offered={null} />
      {dags.length > 0 && (
        <>
          <h2 className="sub-head" style={{ marginTop: 18 }}>
            {t("role.dags")}
          </h2>
          <Matrix label={t("role.dags")} resources={dags} held={held} offered={null} />
        </>
      )}
    </>
  );
}

function List() {
  const { t } = useTranslation();
  const may = useMay();
  const [search, setSearch] = useSearchParams();
  const asked = useGet<{ roles: Role[] } & Page>(roles, { limit: 1000, order_by: "name" });
  const [form, setForm] = useState<{ of: Role | null; copy: Role | null } | null>(null);
  const [doomed, setDoomed] = useState<Role | null>(null);
  const choose = (name: string) => setSearch({ role: name }, { replace: true });
  return (
    <Loaded of={asked}>
      {(r) => {
        const role = r.roles.find((x) => x.name === search.get("role")) ?? r.roles[0];
        return (
          <>
            <PageHead title={t("nav.roles")}>
              <span className="grow" />
              {may("role", "create") && (
                <>
                  {role && (
                    <Button size="xs" variant="default" onClick={() => setForm({ of: null, copy: role })}>
                      {t("role.copy", { name: role.name })}
                    </Button>
                  )}
                  <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setForm({ of: null, copy: null })}>
                    {t("role.new")}
                  </Button>
                </>
              )}
            </PageHead>
            {role && (
              <>
                <Group mb="sm" gap="sm">
                  {r.roles.length <= 8 ? (
                    <SegmentedControl
                      size="xs"
                      aria-label={t("role.name")}
                      value={role.name}
                      onChange={choose}
                      data={r.roles.map((x) => x.name)}
                    />
                  ) : (
                    <Select
                      size="xs"
                      aria-label={t("role.name")}
                      searchable
                      value={role.name}
                      onChange={(v) => v && choose(v)}
                      data={r.roles.map((x) => x.name)}
                    />
                  )}
                  <Text size="sm" c="dimmed">
                    {t("role.count", { count: role.actions.length })}
                  </Text>
                  <span className="grow" />
                  {may("role") && (
                    <Button
                      size="xs"
                      variant="default"
                      leftSection={<IconPencil size={15} />}
                      onClick={() => setForm({ of: role, copy: null })}
                    >
                      {t("edit.of", { name: role.name })}
                    </Button>
                  )}
                  {may("role", "delete") && !shipped.includes(role.name) && (
                    <Button size="xs" variant="default" leftSection={<IconTrash size={15} />} onClick={() => setDoomed(role)}>
                      {t("delete.of", { name: role.name })}
                    </Button>
                  )}
                </Group>
                <Show of={role} />
              </>
            )}
            {form && (
              <Form
                {...form}
                onClose={(name) => {
                  setForm(null);
                  if (name) choose(name);
                }}
              />
            )}
            {doomed && (
              <Delete
                name={doomed.name}
                text={t("role.deleteHint")}
                list={roles}
                path={path(doomed.name)}
                onClose={() => setDoomed(null)}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

export function Component() {
  const { t } = useTranslation();
  const me = useMe();
  useTitle(t("nav.roles"));
  return (
    <Loaded of={me}>
      {(m) =>
        m.auth_manager === "fab" ? (
          <List />
        ) : (
          <>
            <PageHead title={t("nav.roles")} />
            <div className="card tile" style={{ marginBottom: 12 }}>
              <Text size="sm">{t("role.simple")}</Text>
              <ul className="plain">
                {(["viewer", "user", "op", "admin"] as const).map((r) => (
                  <li key={r}>
                    <code>{r}</code> {t(`role.simple.${r}`)}
                  </li>
                ))}
              </ul>
            </div>
            <Elsewhere manager={m.auth_manager} />
          </>
        )
      }
    </Loaded>
  );
}
