import { TokenSummary } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";

/** A token of the signed-in member, and the rules to which it is narrowed; null: none. */
interface NarrowedToken {
  id: string;
  tools: string[] | null;
}

/** Mutation that narrows one of the signed-in member's tokens to some tools. */
export function useNarrow(slug: string, onDone?: () => void) {
  return useApiMutation({
    run: ({ id, tools }: NarrowedToken) =>
      request(TokenSummary, "PATCH", `/workspaces/${slug}/me/tokens/${id}`, { tools }),
    invalidate: [workspaceKey(slug, "me"), workspaceKey(slug, "tokens")],
    ...(onDone && { onDone }),
  });
}
