import { useQuery } from "@tanstack/react-query";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "../api/api-error.ts";
import { meQuery } from "../api/me.ts";
import { buttonClass } from "../ui/button.tsx";
import { EmptyState, ErrorState, LoadingState } from "../ui/states.tsx";
import { NotFound, PageNotFound } from "./not-found.tsx";
import { Shell } from "./shell.tsx";

/** Shown at an address outside the known pages: with the navigation if the visitor is signed in. */
export function RootNotFound() {
  const me = useQuery(meQuery);
  if (me.isPending) return <LoadingState />;
  if (me.data)
    return (
      <Shell>
        <PageNotFound />
      </Shell>
    );
  return (
    <main>
      <NotFound title="Page not found">
        <p>The dashboard has no page at this address.</p>
        <Link to="/sign-in" className={buttonClass()}>
          Go to sign-in
        </Link>
      </NotFound>
    </main>
  );
}

/** Shown when a page fails: the reason with a retry, or a sign-in link if the session has ended. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (error instanceof ApiError && error.status === 401)
    return (
      <EmptyState title="Your session has ended" isPage>
        <Link to="/sign-in" className={buttonClass("primary")}>
          Sign in
        </Link>
      </EmptyState>
    );
  return (
    <ErrorState
      error={error}
      retry={() => {
        reset();
        void router.invalidate();
      }}
    />
  );
}
