import type { ReactNode } from "react";

/** A name and its value in a grid of facts (`dl`). */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 bg-panel px-4 py-3">
      <dt className="text-xs text-dim">{name}</dt>
      <dd className="mt-0.5 text-sm font-medium wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}
