import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api-error.ts";
import { meQuery } from "./me.ts";

const RETRIES = 2;

/** Creates the query client: retries transient failures and calls `onSignedOut` when the session has ended. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isRefused(error)) checkMembership(client);
        if (!isSignedOut(error)) return;
        if (query.queryKey[0] !== meQuery.queryKey[0]) {
          // The request may have been sent with a cookie that a step-up replaced meanwhile: only `me` is decisive.
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
        } else if (query.state.data !== undefined) {
          client.removeQueries({ queryKey: meQuery.queryKey });
          onSignedOut();
        }
      },
    }),
    mutationCache: new MutationCache({
      onError: (error) => {
        if (isRefused(error)) checkMembership(client);
      },
    }),
    defaultOptions: {
      // The browser's word on the network is not the gateway's: a local one answers without a network.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        staleTime: 10_000,
        retry: (count, error) => count < (isSignedOut(error) ? 1 : RETRIES) && isTransient(error),
      },
    },
  });
  return client;
}

/** Refetches who the user is: the role can have changed, or the membership can be suspended or have ended. */
function checkMembership(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: meQuery.queryKey }, { cancelRefetch: false });
}

/** Whether the user lacks a right. A workspace of others is refused as one that does not exist. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && ["suspended", "forbidden", "not_found"].includes(error.code);
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Includes 401: a step-up replaces the session cookie, so a request in flight gets one. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status >= 500)
  );
}
