import type { ReactNode } from "react";
import { Badge } from "../../ui/page.tsx";

interface Props {
  item: { label: string; lastFour: string; revokedAt: number | null };
  /** Start of its clear text, shown before the last four characters. */
  prefix: string;
  /** More badges. */
  children?: ReactNode;
}

/** A token or API key in a table: its label, last four characters and state. */
export function TokenName({ item, prefix, children }: Props) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <span className="max-w-full truncate font-medium" title={item.label}>
        {item.label}
      </span>
      <code className="font-mono text-xs text-dim">
        {prefix}…{item.lastFour}
      </code>
      {item.revokedAt !== null && <Badge tone="bad">Revoked</Badge>}
      {children}
    </span>
  );
}
