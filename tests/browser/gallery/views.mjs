// Every page there is, as [name, path, what is done before the picture is taken]. Things are found without their words: the words are in two languages.
export function views(LONG) {
  const run = (dag, id, rest = "") => `/dags/${dag}/runs/${encodeURIComponent(id)}${rest}`;
  const press = (...keys) => async (page) => {
    for (const k of keys) {
      await page.keyboard.press(k);
      await page.waitForTimeout(150);
    }
  };
  const click = (...names) => async (page) => {
    for (const name of names) {
      await page.getByRole("button", { name }).filter({ visible: true }).first().click();
      await page.waitForTimeout(600);
    }
  };
  const menu = (name, item) => async (page) => {
    await click(name)(page);
    await page.getByRole("menuitem").nth(item).click();
    await page.waitForTimeout(700);
  };
  const long = `manual__the_run_that_somebody_has_started_by_hand_with_a_name_of_his_own_2026-01-01T00:00:00`;
  const fails = "a_group_whose_name_is_longer_than_any_column_of_a_grid_should_have_to_be.fail_with_a_trace";
  const list = [
    ["home", "/"],
    ["dags", "/dags"],
    ["dags-none", "/dags?q=no+such+dag"],
    ["palette", "/", async (p) => { await press("Control+k")(p); await p.keyboard.type("shop"); await p.waitForTimeout(500); }],
    ["grid-3", "/dags/three"], ["grid-orders", "/dags/orders"], ["graph-orders", "/dags/orders/graph"], ["grid", "/dags/shop"], ["grid-1000", "/dags/thousand"], ["grid-long", `/dags/${LONG}`], ["grid-ko", "/dags/korean"], ["grid-states", "/dags/states"], ["grid-empty", "/dags/hello_tradewind"],
    ["graph-3", "/dags/three/graph"], ["graph", "/dags/shop/graph"], ["graph-1000", "/dags/thousand/graph"], ["graph-long", `/dags/${LONG}/graph`], ["graph-ko", "/dags/korean/graph"], ["graph-states", "/dags/states/graph"],
    ["gantt", "/dags/paces/gantt"], ["gantt-1000", "/dags/thousand/gantt"],
    ["durations", "/dags/paces/durations"], ["calendar", "/dags/three/calendar"], ["runs", "/dags/shop/runs"], ["tasks", "/dags/shop/tasks"], ["tasks-1000", "/dags/thousand/tasks"], ["task", "/dags/shop/tasks/fetch"],
    ["code", "/dags/shop/code"], ["code-diff", "/dags/paces/code"], ["details", `/dags/${LONG}/details`], ["details-shop", "/dags/shop/details"],
    ["overview-paces", "/dags/paces/overview"], ["overview-late", "/dags/makes/overview"], ["overview-empty", "/dags/hello_tradewind/overview"], ["overview-1000", "/dags/thousand/overview"],
    ["dag-deadlines", "/dags/makes/deadlines"], ["dag-plugin", "/dags/shop/plugin/costs"], ["grid-mapped", "/dags/mapped_thousand"], ["durations-1000", "/dags/thousand/durations"],
    ["backfills", "/dags/shop/backfills"], ["backfills-none", "/dags/three/backfills"], ["backfill-form", "/dags/three/backfills", click(/New backfill|새 백필|백필 만들기/)],
    ["events", "/dags/shop/events"],
    ["trigger", "/dags/paces", click(/^(Trigger|실행|트리거)/)],
    ["trigger-plain", "/dags/three", click(/^(Trigger|실행|트리거)/)],
    ["compare", "/dags/paces/compare/pace1/slow"],
    ["run", run("paces", "slow")], ["run-failed", run("fails", "f1")], ["run-1000", run("thousand", "t1")], ["run-states", run("states", "all")], ["run-long", run(LONG, long)],
    ["run-gantt", run("paces", "slow", "?view=gantt")], ["run-xcom", run("shop", "s1", "?view=xcom")], ["run-details", run("shop", "s1", "?view=details")], ["run-events", run("shop", "s1", "?view=events")],
    ["run-late", run("makes", "late1")], ["run-deadlines", run("makes", "late1", "?view=deadlines")], ["run-group", run("shop", "s1", "?group=clean")], ["run-group-1000", run("thousand", "t1", "?group=region_00")], ["run-picked", run("shop", "s1"), async (p) => { await p.getByRole("checkbox").nth(1).check(); await p.waitForTimeout(300); }],
    ["run-clear", run("fails", "f1"), click(/^(Clear|초기화)/)], ["run-mark", run("fails", "f1"), menu(/^(Mark as|상태 지정)/, 0)],
    ["ti-log", run("shop", "s1", "/tasks/fetch")], ["ti-failed", run("fails", "f1", "/tasks/bad")], ["ti-long", run(LONG, long, `/tasks/${fails}`)], ["ti-live", run("states", "all", "/tasks/runs_long")],
    ["ti-beside", run("fails", "f1", "/tasks/bad?beside=1")],
    ["ti-why", run("states", "all", "/tasks/waits_for_a_slot")], ["ti-deferred", run("states", "all", "/tasks/is_deferred")], ["ti-retry", run("states", "all", "/tasks/tries_again")], ["ti-reschedule", run("states", "all", "/tasks/looks_again_later")], ["ti-skipped", run("states", "all", "/tasks/passed_over")], ["ti-upstream", run("states", "all", "/tasks/never")],
    ["ti-mapped", run("shop", "s1", "/tasks/score")], ["ti-mapped-1000", run("mapped_thousand", "m1", "/tasks/part")], ["ti-mapped-one", run("shop", "s1", "/tasks/score/mapped/1")],
    ...["rendered", "xcom", "tries", "details", "events"].map((v) => [`ti-${v}`, run("shop", "s1", `/tasks/fetch?view=${v}`)]),
    ["ti-note", run("fails", "f1", "/tasks/bad"), click(/^(Add a note|메모)/)], ["ti-xcom-some", run("shop", "s1", "/tasks/score/mapped/1?view=xcom")],
    ["ti-clear", run("fails", "f1", "/tasks/bad"), click(/^(Clear|초기화)/)], ["ti-mark", run("fails", "f1", "/tasks/bad"), menu(/^(Mark as|상태 지정)/, 0)],
    ["all-runs", "/dag_runs"], ["all-tis", "/task_instances"], ["xcoms", "/xcoms"], ["needs", "/needs?after=0"], ["required", "/required_actions"], ["import-errors", "/import_errors"], ["log-search", "/log_search?q=row+15&dag_id=shop"], ["log-search-empty", "/log_search"], ["audit", "/events"],
    ["assets", "/assets"], ["asset-graph", "/assets/graph"], ["asset", "/assets/1"], ["asset-few", "/assets/graph?asset=1"],
    ["editor-none", "/editor"], ["editor", "/editor?file=nightly.yaml"],
    ["pools", "/pools"], ["pool-form", "/pools", click(/New pool|새 풀/)], ["variables", "/variables"], ["variable-form", "/variables", click(/New variable|새 변수/)],
    ["connections", "/connections"], ["connection-form", "/connections", click(/New connection|새 연결/)],
    ["providers", "/providers"], ["plugins", "/plugins"], ["jobs", "/jobs"], ["configs", "/configs"], ["styles", "/styles"],
    ["users-none", "/users"], ["account-none", "/account"],
    ["missing-dag", "/dags/no_such_dag"], ["missing-run", run("shop", "no_such_run")], ["missing-ti", run("shop", "s1", "/tasks/no_such_task")], ["missing-page", "/no/such/page"],
    ["lost", "/pools", async (p) => { await p.context().setOffline(true); await p.waitForTimeout(2500); }],
    ["gone", "/dags", async (p) => { await p.route("**/api/v2/**", (r) => r.abort()); await p.route("**/ui/**", (r) => r.abort()); await p.evaluate(() => history.pushState({}, "", "/pools")); await p.reload().catch(() => {}); await p.waitForTimeout(3500); }],
    ["menu", "/", async (p) => { const b = p.locator(".mantine-Burger-root"); if (await b.isVisible()) await b.click(); await p.waitForTimeout(400); }],
  ].map(([name, path, act]) => ({ name, path, act }));
  const fab = [
    ["users", "/users"], ["user-form", "/users", click(/New user|새 사용자/)], ["roles", "/roles"], ["role-form", "/roles", click(/New role|새 역할/)], ["tokens", "/tokens"], ["account", "/account"],
    ["token-form", "/account", click(/New token|새 토큰/)],
    ["login", "/login", undefined],
  ].map(([name, path, act]) => ({ name, path, act, at: "fab" }));
  return [...list, ...fab];
}
