import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useMe } from "../../api/me.ts";

/** A call that was made on this page, without its result. */
export interface PastCall {
  id: string;
  /** Exposed name of the tool. */
  tool: string;
  /** The arguments as JSON text. */
  input: string;
  /** Epoch ms. */
  startedAt: number;
  latencyMs: number;
  outcome: CallOutcome;
}

/** How a call ended. */
export type CallOutcome = "succeeded" | "tool error" | "failed" | "cancelled";

const MAX_CALLS = 50;

/**
 * The calls of the signed-in user in a workspace, newest first, and a function that adds one. They are kept in memory with
 * the cache, which sign-out and a reload empty: nothing stores the arguments.
 */
export function useCallHistory(slug: string): [PastCall[], (call: PastCall) => void] {
  const client = useQueryClient();
  const userId = useMe().user.id;
  const queryKey = ["calls-of-try-page", userId, slug];
  const { data } = useQuery<PastCall[]>({
    queryKey,
    queryFn: () => [],
    enabled: false,
    initialData: [],
    gcTime: Infinity,
  });
  const add = useCallback(
    (call: PastCall) =>
      client.setQueryData<PastCall[]>(["calls-of-try-page", userId, slug], (old = []) =>
        [call, ...old].slice(0, MAX_CALLS),
      ),
    [client, userId, slug],
  );
  return [data, add];
}
