import { CircleAlert, Inbox, Lock, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, explain } from "../api/api-error.ts";
import { Button } from "./button.tsx";

interface StateProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
}

/** Nothing to show, and what to do about it. */
export function EmptyState({ icon: Icon = Inbox, title, children }: StateProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <Icon className="size-6 text-dim" strokeWidth={1.5} aria-hidden />
      <p className="font-medium">{title}</p>
      {children !== undefined && (
        <div className="flex max-w-md flex-col items-center gap-3 text-sm text-dim">{children}</div>
      )}
    </div>
  );
}

/** Something could not be loaded: why, and a way to try again where that may help. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  if (error instanceof ApiError && error.status === 403) {
    return (
      <EmptyState icon={Lock} title="You have no access to this">
        <p>An owner or admin of this workspace can give it to you.</p>
      </EmptyState>
    );
  }
  return (
    <div role="alert">
      <EmptyState icon={CircleAlert} title="This could not be loaded">
        <p>{explain(error)}</p>
        {retry && <Button onClick={retry}>Try again</Button>}
      </EmptyState>
    </div>
  );
}

/** Grey lines where content is about to be. */
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

/** A query's content, or that it is loading, or why it failed. */
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
