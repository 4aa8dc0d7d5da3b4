/** Who is at the screen, and what they may do. */
import { useGet } from "./live";

export interface Me {
  id: string;
  auth_manager: "all-admins" | "simple" | "fab";
  username: string;
  display_name: string;
  roles: string[];
  /** false: nobody has to sign in here. */
  can_sign_out: boolean;
  /** What [core] says of clears; null: nothing. */
  rerun_with_latest_version: boolean | null;
  /** By kind of thing: of all of them; what is allowed for single DAGs is told with each. */
  permissions: Record<string, string[]>;
}
export function useMe() {
  return useGet<Me>("/ui/auth/me", {}, { keep: false });
}

const things = {
  dag: "DAGs",
  run: "DAG Runs",
  ti: "Task Instances",
  xcom: "XComs",
  asset: "Assets",
  pool: "Pools",
  connection: "Connections",
  variable: "Variables",
  config: "Configurations",
  job: "Jobs",
  plugin: "Plugins",
  provider: "Providers",
  event: "Audit Logs",
  code: "DAG Code",
  log: "Task Logs",
  user: "Users",
  role: "Roles",
};
/** What is not known yet is offered: the server refuses what may not be. */
export function useMay(): (thing: keyof typeof things, act?: "read" | "create" | "edit" | "delete") => boolean {
  const me = useMe();
  return (thing, act = "edit") => me.data?.permissions[things[thing]]?.includes(act) ?? true;
}
