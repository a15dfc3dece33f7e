import { isActive } from "./is-active.ts";
import type { ListedToken } from "./token-columns.tsx";

/** Something that can be done for tokens. */
export interface TokenAction {
  kind: "rotate" | "suspend" | "lift" | "revoke";
  label: string;
  isDangerous?: boolean;
  /** Whether it can be done for this token. */
  isFor: (token: ListedToken, now: number) => boolean;
}

const ROTATE: TokenAction = { kind: "rotate", label: "Rotate…", isFor: isActive };
const REVOKE: TokenAction = {
  kind: "revoke",
  label: "Revoke…",
  isFor: ({ revokedAt }) => revokedAt === null,
  isDangerous: true,
};

/** The actions for a member's own tokens, in the order of menus. */
export const OWN_TOKEN_ACTIONS: TokenAction[] = [ROTATE, REVOKE];

/** The actions for the tokens of a workspace, in the order of menus. */
export const TOKEN_ACTIONS: TokenAction[] = [
  ROTATE,
  {
    kind: "lift",
    label: "Lift suspension…",
    isFor: ({ suspendedAt, revokedAt }) => suspendedAt !== null && revokedAt === null,
  },
  {
    kind: "suspend",
    label: "Suspend…",
    isFor: (token, now) => token.suspendedAt === null && isActive(token, now),
    isDangerous: true,
  },
  REVOKE,
];
