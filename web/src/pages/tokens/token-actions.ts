import type { RowAction } from "../../ui/row-actions.tsx";
import { isActive } from "./is-active.ts";
import type { ListedToken } from "./token-columns.tsx";

/** Something that can be done for tokens. */
export type TokenAction = RowAction<
  "rotate" | "tools" | "suspend" | "lift" | "revoke",
  ListedToken
>;

/** The actions for tokens, in the order of menus. `isMine`: for a member's own. */
export function listTokenActions(isMine: boolean, now: number): TokenAction[] {
  const rotate: TokenAction = {
    kind: "rotate",
    label: "Rotate…",
    // Each rotation shows a new value.
    bulkLabel: null,
    // Of a grant there is no value: its client renews what it holds.
    isFor: (token) => token.client === null && isActive(token, now),
  };
  const tools: TokenAction = {
    kind: "tools",
    label: "Choose tools…",
    bulkLabel: null,
    isFor: (token) => isActive(token, now),
  };
  const revoke: TokenAction = {
    kind: "revoke",
    label: "Revoke…",
    bulkLabel: "Revoke",
    isFor: ({ revokedAt }) => revokedAt === null,
    isDangerous: true,
  };
  if (isMine) return [tools, rotate, revoke];
  return [
    rotate,
    {
      kind: "lift",
      label: "Lift suspension…",
      bulkLabel: "Lift suspension",
      isFor: ({ suspendedAt, revokedAt }) => suspendedAt !== null && revokedAt === null,
    },
    {
      kind: "suspend",
      label: "Suspend…",
      bulkLabel: "Suspend",
      isFor: (token) => token.suspendedAt === null && isActive(token, now),
      isDangerous: true,
    },
    revoke,
  ];
}
