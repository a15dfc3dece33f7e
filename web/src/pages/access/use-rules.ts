import {
  useMutation,
  useMutationState,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { z } from "zod";
import { Member, Rules } from "../../../../workers/contract/api/resources.ts";
import { Team } from "../../../../workers/contract/api/teams.ts";
import {
  MAX_EDITED_MEMBERS,
  type RulesCopy,
  type RulesEdit,
} from "../../../../workers/contract/rpc/rule-inputs.ts";
import { ApiError } from "../../api/api-error.ts";
import { refetch } from "../../api/refetch.ts";
import { request } from "../../api/request.ts";
import { teamsQuery, toRuleHolder } from "../../api/teams.ts";
import { membersQuery, workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { showErrorToast, showToast } from "../../ui/toast.ts";
import {
  applyChange,
  areRulesEqual,
  invertChanges,
  replaceMembers,
  type ChangedMember,
  type RulesChange,
  type RulesDifference,
} from "./rule-changes.ts";
import { keepConflict } from "./rules-conflicts.ts";

const Edited = z.object({ items: z.array(Member), teams: z.array(Team) });

/** What the gateway says of a changed member or team. */
type ChangedHolder = Pick<
  WorkspaceMember,
  "id" | "name" | "rules" | "terms" | "isRestricted" | "rulesVersion"
>;

/** The versions that this page's own changes have replaced, by member and version. */
const replacedVersions = new Map<string, number>();

/**
 * The version to send for a member that the page showed with a version. A version that this page itself has replaced stands
 * for the one that replaced it: two quick changes both hold. One that another person has replaced stays, and is refused.
 */
function toCurrentVersion({ id, rulesVersion }: WorkspaceMember): number {
  let version = rulesVersion;
  for (;;) {
    const next = replacedVersions.get(`${id} ${version}`);
    if (next === undefined) return version;
    version = next;
  }
}

interface Variables {
  change: RulesChange;
  /** Whether the change takes back an earlier one. */
  isUndo?: boolean;
}

/**
 * Sends changes of rules, one after the other, each with what changes and the versions that it was made against. A change that
 * is refused because another person was faster is kept as a conflict. The others show a toast with Undo.
 */
export function useRules(slug: string): (change: RulesChange) => void {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: rulesKey(slug),
    // Mutations of one scope run one after the other.
    scope: { id: `rules ${slug}` },
    mutationFn: ({ change }: Variables) =>
      "copyFrom" in change
        ? copyRules(client, slug, change.members, change.copyFrom)
        : editRules(client, slug, change),
    onSuccess: (changed, { change, isUndo }) => {
      const inverses = invertChanges(changed);
      if (isUndo) return showToast("Rules restored");
      const undo = () => inverses.forEach((inverse) => mutate({ change: inverse, isUndo: true }));
      showToast(describeResult(change), inverses.length > 0 ? undo : undefined);
    },
    onError: async (error, { change }) => {
      await refetch(client, membersQuery(slug).queryKey);
      await refetch(client, teamsQuery(slug).queryKey);
      if (!(error instanceof ApiError) || error.code !== "conflict") return showErrorToast(error);
      if (isDone(client, slug, change))
        return showToast("Another person has made this change already");
      keepConflict(client, slug, change);
      showToast("Not applied: the rules changed meanwhile");
      void client.invalidateQueries({ queryKey: workspaceKey(slug, "rules-events") });
    },
  });
  return (change) => mutate({ change });
}

/** The members with the changes that are on their way. Members without one are the same objects. */
export function usePendingRules(slug: string, members: WorkspaceMember[]): WorkspaceMember[] {
  const pending = useMutationState({
    filters: { mutationKey: rulesKey(slug), status: "pending" },
    // A cast: only `useRules` makes mutations with this key.
    select: ({ state }) => (state.variables as Variables).change,
  });
  return useMemo(() => {
    if (pending.length === 0) return members;
    return members.map((member) =>
      pending
        .filter((change) => change.members.some(({ id }) => id === member.id))
        .reduce(applyChange, member),
    );
  }, [members, pending]);
}

function rulesKey(slug: string): string[] {
  return ["rules", slug];
}

function describeResult(change: RulesChange): string {
  const [first, ...rest] = change.members;
  const names =
    first && rest.length === 0 ? first.name : pluralize(change.members.length, "member");
  return "copyFrom" in change ? `Rules copied to ${names}` : `Rules saved for ${names}`;
}

async function editRules(
  client: QueryClient,
  slug: string,
  { members, ...difference }: RulesDifference,
): Promise<ChangedMember[]> {
  const changed: ChangedMember[] = [];
  for (let first = 0; first < members.length; first += MAX_EDITED_MEMBERS) {
    const part = members.slice(first, first + MAX_EDITED_MEMBERS);
    const sent = new Map(part.map((member) => [member.id, toCurrentVersion(member)]));
    const idsOf = (isTeam: boolean) =>
      part.filter((holder) => (holder.isTeam === true) === isTeam).map(({ id }) => id);
    const edit: RulesEdit = {
      ...difference,
      memberIds: idsOf(false),
      teamIds: idsOf(true),
      rulesVersions: Object.fromEntries(sent),
    };
    const { items, teams } = await request(Edited, "PATCH", `/workspaces/${slug}/rules`, edit);
    changed.push(...(await adopt(client, slug, part, [...items, ...teams])));
  }
  return changed;
}

async function copyRules(
  client: QueryClient,
  slug: string,
  members: WorkspaceMember[],
  from: WorkspaceMember,
): Promise<ChangedMember[]> {
  const changed: ChangedMember[] = [];
  for (const member of members) {
    const copy: RulesCopy = {
      from: from.id,
      rulesVersion: toCurrentVersion(member),
      fromRulesVersion: toCurrentVersion(from),
    };
    const kind = member.isTeam ? "teams" : "members";
    const path = `/workspaces/${slug}/${kind}/${member.id}/rules/copy`;
    const rules = await request(Rules, "POST", path, copy);
    changed.push(...(await adopt(client, slug, [member], [{ ...member, ...rules }])));
  }
  return changed;
}

/** Stores members and teams that a response contains. `shown`: the same as the page showed them. */
async function adopt(
  client: QueryClient,
  slug: string,
  shown: WorkspaceMember[],
  after: ChangedHolder[],
): Promise<ChangedMember[]> {
  const { queryKey } = membersQuery(slug);
  const known = [...(client.getQueryData(queryKey) ?? []), ...shown];
  // A list that is on its way can have been read before the change.
  await client.cancelQueries({ queryKey });
  const changed = after.flatMap((member) => {
    const before = known.find(({ id }) => id === member.id);
    return before ? [{ before, after: { ...before, ...member } }] : [];
  });
  for (const { after: member } of changed) {
    const base = shown.find(({ id }) => id === member.id);
    const sent = base && toCurrentVersion(base);
    // The gateway has checked that it changed the version that was sent.
    if (sent !== undefined && sent !== member.rulesVersion)
      replacedVersions.set(`${member.id} ${sent}`, member.rulesVersion);
  }
  client.setQueryData(
    queryKey,
    (all) =>
      all &&
      replaceMembers(
        all,
        changed.map((pair) => pair.after),
      ),
  );
  if (shown.some(({ isTeam }) => isTeam)) await refetch(client, teamsQuery(slug).queryKey);
  return changed;
}

/** Whether the present rules are those that a change wanted. */
function isDone(client: QueryClient, slug: string, change: RulesChange): boolean {
  const teams = client.getQueryData(teamsQuery(slug).queryKey) ?? [];
  const present = [
    ...(client.getQueryData(membersQuery(slug).queryKey) ?? []),
    ...teams.map(toRuleHolder),
  ];
  return change.members.every(({ id }) => {
    const member = present.find((candidate) => candidate.id === id);
    return member !== undefined && areRulesEqual(member, applyChange(member, change));
  });
}
