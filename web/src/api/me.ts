import { queryOptions, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import {
  Me,
  SignInOptions,
  type Action,
  type Membership,
} from "../../../workers/contract/api/people.ts";
import { csrfToken } from "./csrf-token.ts";
import { request, requestNoContent } from "./request.ts";

/** Query: the signed-in user with session and memberships. The shell and every permission check read it. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => storeCsrfToken(await request(Me, "GET", "/me")),
  staleTime: 60_000,
  retry: false,
});

/** Query: the sign-in methods that the server supports. */
export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => request(SignInOptions, "GET", "/auth"),
});

function storeCsrfToken(me: Me): Me {
  csrfToken.set(me.session.csrfToken);
  return me;
}

/** Stores the session that a sign-in or step-up response returned. */
export function adoptSession(client: QueryClient, me: Me): void {
  client.setQueryData(meQuery.queryKey, storeCsrfToken(me));
}

/** Ends the session and clears all cached data. */
export async function signOut(client: QueryClient): Promise<void> {
  await requestNoContent("DELETE", "/me/session");
  csrfToken.set(null);
  client.clear();
}

/** The signed-in user; suspends until it is loaded. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** The signed-in user's membership in a workspace; undefined if there is none. */
export function useMembership(slug: string | undefined): Membership | undefined {
  return useMe().memberships.find(({ workspace }) => workspace.slug === slug);
}

/** Whether the signed-in user is allowed an action in a workspace. Only hides controls; the API enforces it. */
export function useCan(slug: string, action: Action): boolean {
  return useMembership(slug)?.actions.includes(action) ?? false;
}
