import { CircleAlert, Inbox, Lock, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, describeError } from "../api/api-error.ts";
import { Button } from "./button.tsx";

interface StateProps {
  icon?: LucideIcon;
  title: string;
  /** True: it is all of the page, and its title the page's heading. */
  isPage?: boolean;
  children?: ReactNode;
}

/** Shown in place of content that is empty, with an optional next step. */
export function EmptyState({ icon: Icon = Inbox, title, isPage = false, children }: StateProps) {
  const Title = isPage ? "h1" : "p";
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <Icon className="size-6 text-dim" strokeWidth={1.5} aria-hidden />
      <Title className="text-sm font-medium">{title}</Title>
      {children !== undefined && (
        <div className="flex max-w-md flex-col items-center gap-3 text-sm text-dim">{children}</div>
      )}
    </div>
  );
}

/** Shown when loading failed: the reason, and a retry button if `retry` is given. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  if (error instanceof ApiError && error.status === 403) {
    return (
      <EmptyState icon={Lock} title="You don’t have access to this">
        <p>Ask an owner or admin of this workspace for access.</p>
      </EmptyState>
    );
  }
  return (
    <div role="alert">
      <EmptyState icon={CircleAlert} title="Could not load this">
        <p>{describeError(error)}</p>
        {retry && <Button onClick={retry}>Try again</Button>}
      </EmptyState>
    </div>
  );
}

/** Skeleton lines while content loads. */
export function LoadingState({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex animate-pulse flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="h-4 rounded bg-soft even:w-2/3" />
      ))}
    </div>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Renders a query's data, its loading state or its error. */
export function Loaded<T>({
  query,
  lines,
  children,
}: {
  query: QueryLike<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null)
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return <LoadingState {...(lines === undefined ? {} : { lines })} />;
}
