/** Who may come in: the users of the metastore, or where the users of another auth manager come from. */
import { Alert, Button, Checkbox, MultiSelect, PasswordInput, SimpleGrid, TextInput } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Page, seg, send } from "../api";
import { IconPlus, IconUser, IconUsers } from "../icons";
import { useGet } from "../live";
import { Empty, Loaded, PageHead, useTitle } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Delete, editColumn, FormFoot, useSave } from "../parts/edit";
import { Mark } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { useMay, useMe } from "../session";
import { When } from "../time";
import type { Role } from "./roles";

interface User {
  username: string;
  email: string;
  first_name: string;
  last_name: string;
  roles: { name: string }[];
  active: boolean;
  last_login: string | null;
  login_count: number;
  fail_login_count: number;
}
const users = "/auth/fab/v1/users";
const path = (name: string) => `${users}/${seg(name)}`;

function Form({ of, onClose }: { of: User | null; onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const { error, save } = useSave(onClose, { queryKey: [users] });
  const [roles, setRoles] = useState(of?.roles.map((r) => r.name) ?? ["Viewer"]);
  const all = useGet<{ roles: Role[] }>("/auth/fab/v1/roles", { limit: 1000 });
  const self = of?.username === me.data?.username;
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    const text = (k: string) => String(f.get(k) ?? "").trim();
    const password = String(f.get("password") ?? "");
    const body = {
      email: text("email"),
      first_name: text("first"),
      last_name: text("last"),
      roles: roles.map((name) => ({ name })),
      ...(password ? { password } : {}),
    };
    return save(async () => {
      if (of) await send("PATCH", path(of.username), {}, { ...body, ...(self ? {} : { active: f.get("active") !== null }) });
      else await send("POST", users, {}, { username: text("username"), ...body });
    });
  };
  return (
    <Dialog onClose={onClose} title={of ? t("user.edit") : t("user.new")}>
      <form onSubmit={submit} className="form">
        <TextInput
          name="username"
          label={t("signIn.name")}
          defaultValue={of?.username ?? ""}
          disabled={of !== null}
          required
          maxLength={250}
          autoComplete="off"
          data-autofocus={of === null}
        />
        <SimpleGrid cols={2}>
          <TextInput name="first" label={t("user.first")} defaultValue={of?.first_name ?? ""} required maxLength={250} />
          <TextInput name="last" label={t("user.last")} defaultValue={of?.last_name ?? ""} required maxLength={250} />
        </SimpleGrid>
        <TextInput name="email" type="email" label={t("user.email")} defaultValue={of?.email ?? ""} required maxLength={250} />
        <MultiSelect
          label={t("user.roles")}
          data={[...new Set([...(all.data?.roles.map((r) => r.name) ?? []), ...roles])]}
          value={roles}
          onChange={setRoles}
          searchable
          required
          clearButtonProps={{ "aria-label": t("clearFilter") }}
        />
        <PasswordInput
          name="password"
          label={of ? t("user.newPassword") : t("signIn.password")}
          description={of ? t("user.keepPassword") : undefined}
          required={of === null}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0 }}
        />
        {of && (
          <Checkbox
            name="active"
            label={t("user.active")}
            description={self ? t("user.notSelf") : t("user.activeHint")}
            defaultChecked={of.active}
            disabled={self}
          />
        )}
        <FormFoot error={error} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** With a manager that keeps no users here. */
export function Elsewhere({ manager }: { manager: string }) {
  const { t } = useTranslation();
  return (
    <div className="card">
      <Empty
        icon={<IconUsers size={30} />}
        title={manager === "all-admins" ? t("user.allAdmins") : t("user.simple")}
        action={
          <Button component={Link} to="/configs?q=auth_manager" variant="light">
            {t("user.config")}
          </Button>
        }
      >
        {manager === "all-admins" ? t("user.allAdminsHint") : t("user.simpleHint")}
        <br />
        <code>{manager === "all-admins" ? "[core] simple_auth_manager_all_admins" : "[core] simple_auth_manager_users"}</code>
        <br />
        {t("user.fabHint")}
        <br />
        <code style={{ overflowWrap: "anywhere" }}>airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager</code>
      </Empty>
    </div>
  );
}

function List() {
  const { t } = useTranslation();
  const may = useMay();
  const me = useMe();
  const list = useListState("username");
  const asked = useGet<{ users: User[] } & Page>(users, list.params);
  const [form, setForm] = useState<User | "new" | null>(null);
  const [doomed, setDoomed] = useState<User | null>(null);
  const columns: ColumnDef<User>[] = [
    {
      id: "name",
      header: () => t("signIn.name"),
      meta: { sort: "username" },
      cell: ({ row: { original: u } }) => (
        <span className="state">
          <IconUser size={15} aria-hidden="true" />
          <span className="strong">{u.username}</span>
        </span>
      ),
    },
    {
      id: "person",
      header: () => t("user.person"),
      meta: { sort: "last_name" },
      cell: ({ row: { original: u } }) => `${u.first_name} ${u.last_name}`,
    },
    { id: "email", header: () => t("user.email"), meta: { sort: "email" }, cell: ({ row }) => row.original.email },
    { id: "roles", header: () => t("user.roles"), cell: ({ row }) => row.original.roles.map((r) => r.name).join(", ") },
    {
      id: "active",
      header: () => t("state"),
      meta: { sort: "active" },
      cell: ({ row: { original: u } }) => (
        <span className="state">
          <Mark state={u.active ? "success" : "none"} size={13} /> {u.active ? t("user.isActive") : t("user.isOff")}
        </span>
      ),
    },
    { id: "last", header: () => t("user.lastLogin"), cell: ({ row }) => <When at={row.original.last_login} relative /> },
    {
      id: "count",
      header: () => t("user.logins"),
      meta: { num: true },
      cell: ({ row: { original: u } }) =>
        u.fail_login_count ? t("user.loginsFailed", { n: u.login_count, failed: u.fail_login_count }) : u.login_count,
    },
    ...(may("user")
      ? [
          editColumn<User>(
            t("actions"),
            (u) => u.username,
            setForm,
            setDoomed,
            (u) => u.username === me.data?.username || !may("user", "delete"),
          ),
        ]
      : []),
  ];
  return (
    <>
      <PageHead title={t("nav.users")}>
        <span className="grow" />
        {may("user", "create") && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setForm("new")}>
            {t("user.new")}
          </Button>
        )}
      </PageHead>
      <Loaded of={asked}>
        {(r) => <DataTable label={t("nav.users")} rows={r.users} columns={columns} total={r.total_entries} list={list} />}
      </Loaded>
      {form && <Form of={form === "new" ? null : form} onClose={() => setForm(null)} />}
      {doomed && (
        <Delete
          name={doomed.username}
          text={t("user.deleteHint")}
          list={users}
          path={path(doomed.username)}
          onClose={() => setDoomed(null)}
        />
      )}
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  const me = useMe();
  useTitle(t("nav.users"));
  return (
    <Loaded of={me}>
      {(m) =>
        m.auth_manager === "fab" ? (
          <List />
        ) : (
          <>
            <PageHead title={t("nav.users")} />
            {m.auth_manager === "all-admins" && (
              <Alert color="yellow" mb="sm" role="note">
                {t("user.openDoor")}
              </Alert>
            )}
            <Elsewhere manager={m.auth_manager} />
          </>
        )
      }
    </Loaded>
  );
}
