import type { ReactNode } from "react";
import { Badge } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import type { Revocable } from "./is-active.ts";

interface Props {
  item: Revocable & { label: string; lastFour: string; lastUsedAt: number | null };
  now: number;
  /** Start of its clear text, shown before the last four characters. */
  prefix: string;
  badge: ReactNode;
  /** Action buttons. */
  children: ReactNode;
}

/** List row of a token or API key: label, last four characters, last use, expiry. */
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
          {revokedAt !== null && <Badge tone="bad">Revoked</Badge>}
        </p>
        <p className="text-xs text-dim">
          {lastUsedAt === null ? (
            "Never used"
          ) : (
            <>
              Last used <Time at={lastUsedAt} />
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
