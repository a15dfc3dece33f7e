import type { QueryClient } from "@tanstack/react-query";
import { redirect } from "@tanstack/react-router";
import { ApiError } from "./api/api-error.ts";
import { meQuery } from "./api/me.ts";

/** Sends a person who is not signed in to the sign-in page, which leads back to `to`. */
export async function requireSignIn(client: QueryClient, to: string): Promise<void> {
  await client.ensureQueryData(meQuery).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401)
      throw redirect({ to: "/sign-in", search: { to } });
    throw error;
  });
}
