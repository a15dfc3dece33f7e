import type { ReactNode } from "react";
import { Badge } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import type { Revocable } from "./live.ts";

interface Props {
  item: Revocable & { label: string; lastFour: string; lastUsedAt: number | null };
  now: number;
  /** What its clear text begins with. */
  prefix: string;
  badge: ReactNode;
  /** What can be done about it. */
  children: ReactNode;
}

/** A token or key in its list: how to tell it from others, whether it is used, how long it works. */
export function RevocableRow({ item, now, prefix, badge, children }: Props) {
  const { label, lastFour, lastUsedAt, expiresAt, revokedAt } = item;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">{label}</span>
          <code className="font-mono text-xs text-dim">
            {prefix}…{lastFour}
          </code>
          {badge}
          {revokedAt !== null && <Badge tone="bad">revoked</Badge>}
        </p>
        <p className="text-xs text-dim">
          {lastUsedAt === null ? (
            "Never used"
          ) : (
            <>
              Used <Time at={lastUsedAt} />
            </>
          )}
          {" · "}
          {expiresAt === null ? (
            "does not expire"
          ) : (
            <>
              {expiresAt > now ? "expires" : "expired"} <Time at={expiresAt} />
            </>
          )}
        </p>
      </div>
      {children}
    </li>
  );
}
