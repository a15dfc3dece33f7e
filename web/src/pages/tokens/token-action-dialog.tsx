import { requestNoContent } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { EachDialog, type EachAction } from "../members/each-dialog.tsx";
import type { TokenAction } from "./token-actions.ts";
import type { ListedToken } from "./token-columns.tsx";

interface Props {
  slug: string;
  kind: Exclude<TokenAction["kind"], "rotate" | "tools">;
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
