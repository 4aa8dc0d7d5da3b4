/** Who is at the screen, and what they may do. */
import { useGet } from "./live";

export interface Me {
  username: string;
  display: string;
  role: string;
  /** false: nobody has to sign in here. */
  signed_in: boolean;
  may: Record<string, { read: boolean; change: boolean }>;
}
export function useMe() {
  return useGet<Me>("/ui/me", {}, { keep: false });
}
/** What is not known yet is offered: the server refuses what may not be. */
export function useMay(): (thing: string, act?: "read" | "change") => boolean {
  const me = useMe();
  return (thing, act = "change") => me.data?.may[thing]?.[act] ?? true;
}
