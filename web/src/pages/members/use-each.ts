import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "../../api/api-error.ts";
import { withStepUp } from "../../api/ceremonies.ts";
import { refetch } from "../../api/refetch.ts";

/** An item for which the request failed, with the reason. */
export interface Failure<T> {
  item: T;
  reason: string;
}

/** The state of requests for many items. */
export interface EachState<T, R> {
  isRunning: boolean;
  /** Items whose request has ended. */
  done: number;
  results: R[];
  failures: Failure<T>[];
  hasEnded: boolean;
}

const NONE = { isRunning: false, done: 0, results: [], failures: [], hasEnded: false };

/**
 * Sends one request for each item, one after the other: a failure keeps none of the others from being sent. Queries under
 * `invalidate` are fetched again at the end.
 */
export function useEach<T, R>(run: (item: T) => Promise<R>, invalidate: QueryKey[]) {
  const client = useQueryClient();
  const [state, setState] = useState<EachState<T, R>>(NONE);
  const start = async (items: readonly T[]): Promise<EachState<T, R>> => {
    let next: EachState<T, R> = { ...NONE, isRunning: true };
    setState(next);
    for (const item of items) {
      try {
        const result = await withStepUp(client, () => run(item));
        next = { ...next, done: next.done + 1, results: [...next.results, result] };
      } catch (error) {
        const failure = { item, reason: describeError(error) };
        next = { ...next, done: next.done + 1, failures: [...next.failures, failure] };
      }
      setState(next);
    }
    await Promise.all(invalidate.map((queryKey) => refetch(client, queryKey)));
    next = { ...next, isRunning: false, hasEnded: true };
    setState(next);
    return next;
  };
  return { ...state, start, reset: () => setState(NONE) };
}
