import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api-error.ts";
import { meQuery } from "./me.ts";

const RETRIES = 2;

/** Loads again on focus, retries what may get better, and says when the session turns out to be over. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (!isSignedOut(error)) return;
        if (query.queryKey[0] !== meQuery.queryKey[0]) {
          // It may have crossed a change of the session's cookie: only `me` decides.
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
        } else if (query.state.data !== undefined) {
          client.removeQueries({ queryKey: meQuery.queryKey });
          onSignedOut();
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) =>
          count < (isSignedOut(error) ? 1 : RETRIES) && isWorthRetrying(error),
      },
    },
  });
  return client;
}

function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** A 401 too: a request under way while a step-up changes the cookie gets one. */
function isWorthRetrying(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status >= 500)
  );
}
