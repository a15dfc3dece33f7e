import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api-error.ts";
import { meQuery } from "./me.ts";

const RETRIES = 2;

/** Creates the query client: retries transient failures and calls `onSignedOut` when the session has ended. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
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

function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Includes 401: a step-up replaces the session cookie, so a request in flight gets one. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status >= 500)
  );
}
