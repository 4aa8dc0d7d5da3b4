/** Oneself: roles, what one may, the password, tokens for programs. And everybody's tokens, for who may see users. */
import { Alert, Button, CopyButton, Group, NumberInput, PasswordInput, Text, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ColumnDef } from "@tanstack/react-table";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Page, send } from "../api";
import { IconKey, IconPlus } from "../icons";
import { useGet } from "../live";
import { Empty, Facts, failed, Loaded, PageHead, useTitle } from "../parts/bits";
import { Confirm } from "../parts/confirm";
import { Dialog } from "../parts/dialog";
import { FormFoot, useSave } from "../parts/edit";
import { inWords } from "../parts/reasons";
import { Resource } from "../parts/resource";
import { Mark } from "../parts/state";
import { DataTable, useListState } from "../parts/table";
import { type Me, useMay, useMe } from "../session";
import { When } from "../time";

interface Token {
  id: number;
  name: string;
  owner: string;
  created_at: string;
  expires_at: string;
  revoked_at: string | null;
  access_token?: string;
}
const tokens = "/tradewind/tokens";

function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const save = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    try {
      const token = await send<Token>("POST", tokens, {}, { name: String(f.get("name")).trim(), days: Number(f.get("days")) });
      setMade(token.access_token ?? "");
      await client.invalidateQueries({ queryKey: [tokens] });
    } catch (err) {
      setError(inWords(err));
    }
  };
  return (
    <Dialog onClose={onClose} title={t("token.new")} closeOnClickOutside={made === null}>
      {made === null ? (
        <form onSubmit={save} className="form">
          <TextInput
            name="name"
            label={t("token.name")}
            description={t("token.nameHint")}
            required
            maxLength={200}
            data-autofocus
          />
          <NumberInput name="days" label={t("token.days")} defaultValue={90} min={1} max={3650} required allowDecimal={false} />
          <FormFoot error={error} onClose={onClose} />
        </form>
      ) : (
        <>
          <Alert color="yellow" mb="sm" role="status">
            {t("token.once")}
          </Alert>
          <Textarea readOnly autosize label={t("token.text")} value={made} classNames={{ input: "mono" }} />
          <Text size="sm" mt="xs" c="dimmed">
            {t("token.use")} <code>Authorization: Bearer …</code>
          </Text>
          <Group justify="flex-end" mt="md">
            <CopyButton value={made}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? t("copied") : t("copy")}
                </Button>
              )}
            </CopyButton>
            <Button onClick={onClose}>{t("token.kept")}</Button>
          </Group>
        </>
      )}
    </Dialog>
  );
}

function List({ owner, mine }: { owner?: string; mine: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const may = useMay();
  const list = useListState("-created_at");
  const asked = useGet<{ tokens: Token[] } & Page>(tokens, { ...list.params, ...(owner ? { owner } : {}) });
  const [doomed, setDoomed] = useState<Token | null>(null);
  const state = (x: Token) => (x.revoked_at ? "revoked" : Date.parse(x.expires_at) < Date.now() ? "expired" : ("valid" as const));
  const columns: ColumnDef<Token>[] = [
    {
      id: "name",
      header: () => t("token.name"),
      meta: { sort: "name" },
      cell: ({ row }) => <span className="strong">{row.original.name}</span>,
    },
    ...(mine
      ? []
      : [
          {
            id: "owner",
            header: () => t("token.owner"),
            meta: { sort: "owner" },
            cell: ({ row: { original: x } }) => (x.owner === me.data?.id ? t("token.yours") : x.owner),
          } satisfies ColumnDef<Token>,
        ]),
    {
      id: "state",
      header: () => t("state"),
      cell: ({ row: { original: x } }) => (
        <span className="state">
          <Mark state={state(x) === "valid" ? "success" : "none"} size={13} /> {t(`token.${state(x)}`)}
        </span>
      ),
    },
    {
      id: "made",
      header: () => t("made"),
      meta: { sort: "created_at" },
      cell: ({ row }) => <When at={row.original.created_at} />,
    },
    {
      id: "until",
      header: () => t("token.until"),
      meta: { sort: "expires_at" },
      cell: ({ row: { original: x } }) => <When at={x.revoked_at ?? x.expires_at} />,
    },
    {
      id: "act",
      header: () => <span className="sr-only">{t("actions")}</span>,
      meta: { width: "1%" },
      cell: ({ row: { original: x } }) =>
        state(x) === "valid" &&
        (x.owner === me.data?.id || may("user")) && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setDoomed(x)}
            aria-label={t("token.revokeOf", { name: x.name })}
          >
            {t("token.revoke")}
          </Button>
        ),
    },
  ];
  return (
    <>
      <Loaded of={asked}>
        {(r) => (
          <DataTable
            label={t("nav.tokens")}
            rows={r.tokens}
            columns={columns}
            total={r.total_entries}
            list={list}
            empty={
              <Empty icon={<IconKey size={30} />} title={t("token.none")}>
                {t("token.noneHint")}
              </Empty>
            }
          />
        )}
      </Loaded>
      {doomed && (
        <Confirm
          title={t("token.revokeOf", { name: doomed.name })}
          text={t("token.revokeHint")}
          action={t("token.revoke")}
          onClose={() => setDoomed(null)}
          onConfirm={async () => {
            await send("DELETE", `${tokens}/${doomed.id}`).catch(failed);
            await client.invalidateQueries({ queryKey: [tokens] });
          }}
        />
      )}
    </>
  );
}

function Password() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { error, setError, save } = useSave(() => setOpen(false));
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget);
    if (f.get("password") !== f.get("again")) {
      setError(t("account.notSame"));
      return;
    }
    return save(async () => {
      await send("POST", "/tradewind/account/password", {}, { current_password: f.get("current"), password: f.get("password") });
    });
  };
  const field = (name: string, label: string, fill: string) => (
    <PasswordInput
      name={name}
      label={label}
      required
      autoComplete={fill}
      visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0 }}
    />
  );
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)}>
        {t("account.password")}
      </Button>
      {open && (
        <Dialog onClose={() => setOpen(false)} title={t("account.password")}>
          <form onSubmit={submit} className="form">
            {field("current", t("account.current"), "current-password")}
            {field("password", t("user.newPassword"), "new-password")}
            {field("again", t("account.again"), "new-password")}
            <FormFoot error={error} onClose={() => setOpen(false)} />
          </form>
        </Dialog>
      )}
    </>
  );
}

function May({ of }: { of: Me }) {
  const { t } = useTranslation();
  const acts = ["read", "create", "edit", "delete", "menu"];
  const rows = Object.entries(of.permissions).filter(([, may]) => may.length > 0);
  return (
    <div className="card table-box">
      <table className="table perms" aria-label={t("account.may")}>
        <thead>
          <tr>
            <th scope="col">{t("role.resource")}</th>
            {acts.map((a) => (
              <th scope="col" key={a}>
                {t(a === "menu" ? "role.menu_access" : `role.can_${a}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([thing, may]) => (
            <tr key={thing}>
              <th scope="row">
                <Resource name={thing} />
              </th>
              {acts.map((a) => (
                <td key={a}>
                  {may.includes(a) ? (
                    <span role="img" aria-label={t("yes")}>
                      ✓
                    </span>
                  ) : (
                    <span className="sr-only">{t("no")}</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Component() {
  const { t } = useTranslation();
  const me = useMe();
  useTitle(t("nav.account"));
  const [making, setMaking] = useState(false);
  return (
    <Loaded of={me}>
      {(m) => (
        <>
          <PageHead title={t("nav.account")}>
            <span className="grow" />
            {m.auth_manager === "fab" && m.can_sign_out && <Password />}
          </PageHead>
          <div className="card tile">
            <Facts
              of={[
                [t("signIn.name"), m.username],
                [t("user.person"), m.display_name],
                [t("user.roles"), m.roles.join(", ")],
                [t("account.manager"), t(`account.manager.${m.auth_manager}`)],
              ]}
            />
          </div>
          <div className="page-head" style={{ marginTop: 18, marginBottom: 8 }}>
            <h2 className="sub-head" style={{ margin: 0 }}>
              {t("account.tokens")}
            </h2>
            <span className="grow" />
            {m.can_sign_out && (
              <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
                {t("token.new")}
              </Button>
            )}
          </div>
          {m.can_sign_out ? (
            <List owner={m.id} mine />
          ) : (
            <Text size="sm" c="dimmed">
              {t("token.nobody")}
            </Text>
          )}
          <h2 className="sub-head" style={{ marginTop: 18 }}>
            {t("account.may")}
          </h2>
          <May of={m} />
          {making && <NewToken onClose={() => setMaking(false)} />}
        </>
      )}
    </Loaded>
  );
}

/** Everybody's. */
export function Tokens() {
  const { t } = useTranslation();
  const me = useMe();
  useTitle(t("nav.tokens"));
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageHead title={t("nav.tokens")}>
        <span className="grow" />
        {me.data?.can_sign_out && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
            {t("token.new")}
          </Button>
        )}
      </PageHead>
      {me.data && !me.data.can_sign_out && (
        <Text size="sm" c="dimmed" mb="sm">
          {t("token.nobody")}
        </Text>
      )}
      <List mine={false} />
      {making && <NewToken onClose={() => setMaking(false)} />}
    </>
  );
}
