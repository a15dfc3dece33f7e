import { requestNoContent } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { EachDialog, type EachAction } from "../members/each-dialog.tsx";
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

interface Props {
  slug: string;
  kind: Exclude<TokenAction["kind"], "rotate">;
  tokens: ListedToken[];
  /** Path of the tokens' collection. */
  path: string;
  onClose: (isDone: boolean) => void;
}

/** Asks for, and carries out, what is done for one or several tokens. */
export function TokenActionDialog({ slug, kind, tokens, path, onClose }: Props) {
  const what = tokens.length === 1 ? `“${tokens[0]?.label}”` : pluralize(tokens.length, "token");
  const actions: Record<Props["kind"], EachAction<ListedToken>> = {
    revoke: {
      title: `Revoke ${what}?`,
      confirmLabel: "Revoke",
      doneText: `${what} revoked`,
      isDangerous: true,
      text: (
        <p>Clients that use it are refused from their next request on. This cannot be undone.</p>
      ),
      run: ({ id }) => requestNoContent("DELETE", `${path}/${id}`),
    },
    suspend: {
      title: `Suspend ${what}?`,
      confirmLabel: "Suspend",
      doneText: `${what} suspended`,
      isDangerous: true,
      text: (
        <p>
          Calls in flight end, and clients that use it are refused from their next request on, until
          you lift the suspension.
        </p>
      ),
      run: ({ id }) => requestNoContent("PUT", `${path}/${id}/suspension`, {}),
    },
    lift: {
      title: `Lift the suspension of ${what}?`,
      confirmLabel: "Lift suspension",
      doneText: `The suspension of ${what} is lifted`,
      isDangerous: false,
      text: <p>Clients that use it can call again.</p>,
      run: ({ id }) => requestNoContent("DELETE", `${path}/${id}/suspension`),
    },
  };
  return (
    <EachDialog
      items={tokens}
      getName={({ label }) => label}
      action={actions[kind]}
      invalidate={[
        workspaceKey(slug, "tokens"),
        workspaceKey(slug, "members"),
        workspaceKey(slug, "me"),
      ]}
      onClose={onClose}
    />
  );
}
