import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import {
  membersQuery,
  toolNamesQuery,
  workspaceQuery,
  type WorkspaceMember,
} from "../../api/workspace.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { RuleChips } from "../access/rule-chips.tsx";
import { RulesDialog } from "../access/rules-dialog.tsx";
import { describeDefaultAccess } from "../access/rules.ts";
import { useAskedRules } from "../access/use-asked-rules.tsx";
import { usePendingRules } from "../access/use-rules.ts";

/** What an agent may call: rules as of every member. */
export function AgentAccess({ slug, id }: { slug: string; id: string }) {
  const workspace = useQuery(workspaceQuery(slug));
  const members = useQuery(membersQuery(slug));
  const canEdit = useCan(slug, "rules.edit");
  return (
    <Section
      title="What it may call"
      hint={
        workspace.data?.enforcement === false
          ? "Rules are not enforced in this workspace: it may call everything."
          : "Rules as of every member."
      }
    >
      <div className="p-4">
        <Loaded query={workspace} lines={1}>
          {(settings) => (
            <Loaded query={members} lines={1}>
              {(items) => {
                const member = items.find((one) => one.id === id);
                if (!member) return null;
                return canEdit ? (
                  <EditableRules slug={slug} workspace={settings} stored={member} />
                ) : (
                  <RuleList workspace={settings} member={member} />
                );
              }}
            </Loaded>
          )}
        </Loaded>
      </div>
    </Section>
  );
}

function EditableRules(props: { slug: string; workspace: Workspace; stored: WorkspaceMember }) {
  const { slug, workspace, stored } = props;
  const [member = stored] = usePendingRules(slug, [stored]);
  const tools = useQuery(toolNamesQuery(slug)).data ?? [];
  const [isAdding, setIsAdding] = useState(false);
  const { change, dialog } = useAskedRules(slug, workspace, tools.length);
  return (
    <>
      <RuleChips
        member={member}
        workspace={workspace}
        onAdd={() => setIsAdding(true)}
        onRemove={(rule) => change({ members: [member], add: [], remove: [rule] })}
        onUnrestrict={() => change({ members: [member], add: [], remove: [], isRestricted: false })}
      />
      <RulesDialog
        slug={slug}
        workspace={workspace}
        kind="add"
        isOpen={isAdding}
        members={[member]}
        onClose={() => setIsAdding(false)}
        onSubmit={change}
      />
      {dialog}
    </>
  );
}

function RuleList({ workspace, member }: { workspace: Workspace; member: WorkspaceMember }) {
  if (member.rules.length === 0)
    return <p className="text-dim">{describeDefaultAccess(workspace, member)}</p>;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {member.rules.map((rule) => (
        <li key={rule} className="rounded bg-soft px-2 py-1 font-mono text-xs">
          {escapeLine(rule)}
        </li>
      ))}
    </ul>
  );
}
