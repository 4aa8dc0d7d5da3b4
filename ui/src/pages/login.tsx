import { Alert, Button, Paper, PasswordInput, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { ApiError, send, url, waysIn } from "../api";
import { client } from "../live";
import { useTitle } from "../parts/bits";
import { inWords } from "../parts/reasons";

/** A path of ours, nothing else. */
function next(wanted: string | null): string {
  return wanted?.startsWith("/") && !wanted.startsWith("//") && !wanted.startsWith("/\\") && !wanted.startsWith("/login")
    ? wanted
    : "/";
}

export function Component() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const ways = useQuery({ queryKey: ["ways"], queryFn: waysIn, staleTime: Number.POSITIVE_INFINITY });
  useTitle(t("signIn"));
  useEffect(() => {
    if (ways.data?.proxy) location.replace(url("/auth/login", { next: next(search.get("next")) }));
  }, [ways.data?.proxy, search]);
  const submit = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await send("POST", "/auth/login", {}, { username: form.get("username"), password: form.get("password") });
      client.clear();
      navigate(next(search.get("next")), { replace: true });
    } catch (err) {
      setError(err instanceof ApiError && (err.status === 401 || err.status === 400) ? t("signIn.wrong") : inWords(err));
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <Paper component="form" onSubmit={submit} className="card login-card">
        <img src={url("static/icon.svg")} width={44} height={44} alt="" />
        <Title order={1} fz={22} mb={4}>
          Tradewind
        </Title>
        {error && (
          <Alert color="red" role="alert" py="xs">
            {error}
          </Alert>
        )}
        {ways.data?.password && (
          <>
            <TextInput name="username" label={t("signIn.name")} autoComplete="username" required autoFocus data-autofocus />
            <PasswordInput
              name="password"
              label={t("signIn.password")}
              autoComplete="current-password"
              required
              visibilityToggleButtonProps={{ "aria-label": t("signIn.show"), tabIndex: 0 }}
            />
            <Button type="submit" loading={busy} fullWidth mt="xs">
              {t("signIn")}
            </Button>
          </>
        )}
        {ways.data?.providers.map((p) => (
          <Button
            key={p.name}
            component="a"
            href={url(`/auth/login/${p.name}`, { next: next(search.get("next")) })}
            fullWidth
            mt="xs"
          >
            {t("signIn.with", { name: p.label })}
          </Button>
        ))}
      </Paper>
    </main>
  );
}
