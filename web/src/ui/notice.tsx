import { Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A highlighted note or warning. */
export function Notice({ tone, children }: { tone: "warn" | "info"; children: ReactNode }) {
  const Icon = tone === "warn" ? TriangleAlert : Info;
  return (
    <div
      role="note"
      className={classNames(
        "flex items-start gap-2.5 rounded-lg px-4 py-3 text-sm",
        tone === "warn" ? "bg-warn-soft text-warn" : "bg-accent-soft text-accent-ink",
      )}
    >
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 wrap-anywhere">{children}</div>
    </div>
  );
}
