import { queryOptions, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import {
  Me,
  SignInOptions,
  type Action,
  type Membership,
} from "../../../workers/contract/api/people.ts";
import { csrfToken } from "./csrf-token.ts";
import { request, requestNothing } from "./request.ts";

/** Who is signed in. Its data is what the shell and every permission check read. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => remember(await request(Me, "GET", "/me")),
  staleTime: 60_000,
  retry: false,
});

export const signInOptionsQuery = queryOptions({
  queryKey: ["sign-in-options"],
  queryFn: () => request(SignInOptions, "GET", "/auth"),
});

function remember(me: Me): Me {
  csrfToken.set(me.session.csrfToken);
  return me;
}

/** Takes over the session that a ceremony has just opened or renewed. */
export function adoptSession(client: QueryClient, me: Me): void {
  client.setQueryData(meQuery.queryKey, remember(me));
}

/** Ends the session and forgets everything that it had loaded. */
export async function signOut(client: QueryClient): Promise<void> {
  await requestNothing("DELETE", "/me/session");
  csrfToken.set(null);
  client.clear();
}

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** One's membership in a workspace; undefined: one has none. */
export function useMembership(slug: string): Membership | undefined {
  return useMe().memberships.find(({ workspace }) => workspace.slug === slug);
}

/** Whether one may do something in a workspace. Decides what is shown; the server decides what is done. */
export function useMay(slug: string, action: Action): boolean {
  return useMembership(slug)?.actions.includes(action) ?? false;
}
