import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "../api/api-error.ts";
import { buttonClass } from "../ui/button.tsx";
import { EmptyState, ErrorState } from "../ui/states.tsx";

/** No page has this address. */
export function NotFound() {
  return (
    <main>
      <EmptyState title="There is no such page">
        <Link to="/" className={buttonClass()}>
          Go to the overview
        </Link>
      </EmptyState>
    </main>
  );
}

/** A page failed: says why and offers another try, or the way to sign in where the session is over. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (error instanceof ApiError && error.status === 401)
    return (
      <EmptyState title="You are signed out">
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
