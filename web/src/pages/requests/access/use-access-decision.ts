import {
  AccessRequest,
  type AccessDecisionInput,
} from "../../../../../workers/contract/api/access-requests.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { showToast } from "../../../ui/toast.ts";

/** Decides on a request for access. `done`: the toast afterwards. */
export function useAccessDecision(
  slug: string,
  { id }: AccessRequest,
  done: string,
  onDone: () => void,
) {
  return useApiMutation({
    run: (decision: AccessDecisionInput) =>
      request(
        AccessRequest,
        "POST",
        `/workspaces/${slug}/access-requests/${id}/decision`,
        decision,
      ),
    // An approval changes rules, and with them what many pages show.
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      showToast(done);
      onDone();
    },
  });
}
