import { z } from "zod";
import { Member, Rules } from "../../../../workers/contract/api/resources.ts";
import type { RulesEdit, RulesInput } from "../../../../workers/contract/rpc/rule-inputs.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { showToast } from "../../ui/toast.ts";

/** Most members that one request can change; `RulesEdit` names the same number. */
const MAX_MEMBERS = 200;
const Members = z.object({ items: z.array(Member) });

/** Mutations of members' rules. Each shows a toast with Undo. */
export function useRules(slug: string) {
  const invalidate = [workspaceKey(slug, "members")];
  const restore = useApiMutation({
    run: async (previous: WorkspaceMember[]) => {
      for (const { id, rules, isRestricted } of previous)
        await request(Rules, "PUT", `/workspaces/${slug}/members/${id}/rules`, {
          rules,
          isRestricted,
        });
    },
    invalidate,
    onDone: () => showToast("Rules restored"),
  });
  const undo = (previous: WorkspaceMember[]) => () => restore.mutate(previous);
  const set = useApiMutation({
    run: ({ member, ...input }: { member: WorkspaceMember } & RulesInput) =>
      request(Rules, "PUT", `/workspaces/${slug}/members/${member.id}/rules`, input),
    invalidate,
    onDone: (_, { member }) => showToast(`Rules saved for ${member.name}`, undo([member])),
  });
  const edit = useApiMutation({
    run: async ({
      members,
      ...change
    }: { members: WorkspaceMember[] } & Pick<RulesEdit, "add" | "remove">) => {
      const ids = members.map(({ id }) => id);
      for (let first = 0; first < ids.length; first += MAX_MEMBERS)
        await request(Members, "PATCH", `/workspaces/${slug}/rules`, {
          ...change,
          memberIds: ids.slice(first, first + MAX_MEMBERS),
        });
    },
    invalidate,
    onDone: (_, { members }) =>
      showToast(`Rules saved for ${pluralize(members.length, "member")}`, undo(members)),
  });
  const copy = useApiMutation({
    run: async ({ members, from }: { members: WorkspaceMember[]; from: string }) => {
      for (const { id } of members)
        await request(Rules, "POST", `/workspaces/${slug}/members/${id}/rules/copy`, { from });
    },
    invalidate,
    onDone: (_, { members }) =>
      showToast(`Rules copied to ${pluralize(members.length, "member")}`, undo(members)),
  });
  return { set, edit, copy };
}
