import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { useDocumentTitle } from "./use-document-title.ts";

interface PageProps {
  /** Limits the width, for forms. */
  isNarrow?: boolean;
  /** Takes all of the screen's width, for logs and grids. */
  isWide?: boolean;
  children: ReactNode;
}

/** Vertical page layout. */
export function Page({ isNarrow = false, isWide = false, children }: PageProps) {
  return (
    <div
      // The frame around the page reads it.
      data-wide={isWide || undefined}
      className={classNames("flex flex-col gap-5", isNarrow && "mx-auto max-w-2xl")}
    >
      {children}
    </div>
  );
}

/** A page's heading, a one-line description, and its main actions. The heading is the document's title. */
export function PageHeader({
  title,
  documentTitle,
  children,
  actions,
}: {
  title: ReactNode;
  /** The document's title where the heading is more than text. */
  documentTitle?: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  useDocumentTitle(documentTitle ?? (typeof title === "string" ? title : undefined));
  return (
    <header className="flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0 flex-1 basis-72">
        <h1 className="flex flex-wrap items-center gap-2 wrap-anywhere">{title}</h1>
        {children !== undefined && <p className="mt-0.5 text-sm text-dim">{children}</p>}
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
    </header>
  );
}

/** A bordered section of a page with an optional heading. */
export function Section({
  title,
  hint,
  actions,
  children,
  className,
}: {
  title?: string;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={classNames("card overflow-hidden", className)}>
      {title !== undefined && (
        <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-3">
          <div>
            <h2>{title}</h2>
            {hint !== undefined && <p className="mt-0.5 text-xs text-dim">{hint}</p>}
          </div>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

const TONES = {
  neutral: "bg-soft text-dim",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  accent: "bg-accent-soft text-accent-ink",
};
/** Colour of a badge by meaning. */
export type Tone = keyof typeof TONES;

/** A short label for a state or property. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={classNames(
        "inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
