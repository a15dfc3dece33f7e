import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "../api/api-error.ts";
import { buttonClass } from "../ui/button.tsx";
import { EmptyState, ErrorState } from "../ui/states.tsx";

/** Shown for an unknown route, workspace or page. */
export function NotFound() {
  return (
    <main>
      <EmptyState title="Page not found">
        <Link to="/" className={buttonClass()}>
          Go to the overview
        </Link>
      </EmptyState>
    </main>
  );
}

/** Shown when a page fails: the reason with a retry, or a sign-in link if the session has ended. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (error instanceof ApiError && error.status === 401)
    return (
      <EmptyState title="Your session has ended">
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
