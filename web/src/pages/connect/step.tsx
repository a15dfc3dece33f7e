import type { ReactNode } from "react";

interface Props {
  number: number;
  title: string;
  hint?: ReactNode;
  children: ReactNode;
}

/** A numbered step of the page. */
export function Step({ number, title, hint, children }: Props) {
  return (
    <section className="card min-w-0">
      <div className="flex items-start gap-3 border-b border-line px-4 py-3">
        <span
          aria-hidden
          className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink tabular-nums"
        >
          {number}
        </span>
        <div className="min-w-0">
          <h2>{title}</h2>
          {hint !== undefined && <p className="mt-0.5 text-xs text-dim">{hint}</p>}
        </div>
      </div>
      <div className="flex min-w-0 flex-col gap-4 p-4">{children}</div>
    </section>
  );
}
