import { useState } from "react";
import type { AccessProposal } from "../../../../workers/contract/api/access-preview.ts";
import { Workspace, type Server } from "../../../../workers/contract/api/resources.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey, type WorkspaceMember } from "../../api/workspace.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Badge, Section } from "../../ui/page.tsx";
import { Switch } from "../../ui/switch.tsx";
import { showToast } from "../../ui/toast.ts";
import { PreviewDialog } from "./preview-dialog.tsx";
import { findEverythingBy, findStop, isHeldToDefault } from "./rules.ts";
import {
  DEFAULT_ACCESS_TITLE,
  describeDefaultAccessQuestion,
  describeDefaultAccessSetting,
  describeEnforcement,
} from "./settings-words.ts";

interface Props {
  slug: string;
  workspace: Workspace;
  members: WorkspaceMember[];
  servers: Server[];
}

type Settings = Pick<Workspace, "enforcement" | "defaultAccess">;

/** How many people may call everything and who, beside the two switches that decide it. Each switch shows a preview first. */
export function AccessCard({ slug, workspace, members, servers }: Props) {
  const [proposal, setProposal] = useState<AccessProposal>();
  const save = useApiMutation({
    run: (patch: AccessProposal) => request(Workspace, "PATCH", `/workspaces/${slug}`, patch),
    invalidate: [workspaceKey(slug, "settings")],
    onDone: (_, patch) => {
      setProposal(undefined);
      const before = pickSettings(workspace, patch);
      showToast(describeSaved(patch), () => save.mutate(before));
    },
  });
  const { enforcement, defaultAccess } = workspace;
  const isOpen = defaultAccess === "open";
  return (
    <Section>
      <Everything workspace={workspace} members={members} servers={servers} />
      <Setting
        title="Enforce rules"
        isOn={enforcement}
        badge={enforcement ? <Badge tone="ok">On</Badge> : <Badge tone="warn">Off</Badge>}
        text={describeEnforcement(workspace)}
        effect={describeEnforcementFlip(workspace, members, servers)}
        onChange={(next) => setProposal({ enforcement: next })}
      />
      <Setting
        title={DEFAULT_ACCESS_TITLE}
        isOn={isOpen}
        badge={isOpen ? <Badge tone="warn">Open</Badge> : <Badge tone="ok">Closed</Badge>}
        text={describeDefaultAccessSetting(workspace)}
        effect={describeDefaultFlip(workspace, members)}
        onChange={(next) => setProposal({ defaultAccess: next ? "open" : "closed" })}
      />
      <PreviewDialog
        slug={slug}
        {...describeProposal(proposal)}
        proposal={proposal}
        isBusy={save.isPending}
        onClose={() => setProposal(undefined)}
        onConfirm={() => proposal && save.mutate(proposal)}
      />
    </Section>
  );
}

interface SettingProps {
  title: string;
  isOn: boolean;
  badge: React.ReactNode;
  text: string;
  /** What a flip of the switch does. */
  effect: string;
  onChange: (isOn: boolean) => void;
}

function Setting({ title, isOn, badge, text, effect, onChange }: SettingProps) {
  return (
    <div className="flex items-start justify-between gap-4 border-t border-line p-4">
      <div>
        <h2 className="flex items-center gap-2">
          {title} {badge}
        </h2>
        <p className="mt-0.5 text-dim">{text}</p>
        <p className="mt-0.5 text-xs text-dim">{effect}</p>
      </div>
      <Switch label={title} isOn={isOn} onChange={onChange} />
    </div>
  );
}

const EVERYTHING_BY = {
  off: "rules are not enforced",
  default: "default access",
  rules: "rules for all servers",
};

function Everything({ workspace, members, servers }: Omit<Props, "slug">) {
  const [isOpen, setIsOpen] = useState(false);
  const slugs = servers.map(({ slug }) => slug);
  const all = members.flatMap((member) => {
    const by = findEverythingBy(workspace, member, slugs);
    return by ? [{ ...member, by }] : [];
  });
  const title =
    all.length === 0
      ? `None of ${pluralize(members.length, "person", "people")} may call everything`
      : `${all.length} of ${pluralize(members.length, "person", "people")} may call everything`;
  if (all.length === 0) return <h2 className="p-4 text-base">{title}</h2>;
  return (
    <details className="group" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="flex items-center justify-between gap-2 p-4 -outline-offset-2 hover:bg-soft">
        <span className="text-base font-semibold" role="heading" aria-level={2}>
          {title}
        </span>
        <span className="link text-xs whitespace-nowrap group-open:hidden">Show who</span>
        <span className="link hidden text-xs group-open:inline">Hide</span>
      </summary>
      {isOpen && (
        <ul
          className="grid max-h-60 grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] gap-x-4 gap-y-1 overflow-y-auto px-4 pb-4"
          tabIndex={0}
          aria-label="People who may call everything"
        >
          {all.map(({ id, name, by }) => (
            <li key={id} className="truncate">
              <DisplayName name={name} />{" "}
              <span className="text-xs text-dim">by {EVERYTHING_BY[by]}</span>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function describeEnforcementFlip(
  workspace: Workspace,
  members: WorkspaceMember[],
  servers: Server[],
): string {
  const slugs = servers.map(({ slug }) => slug);
  const enforced = { ...workspace, enforcement: true };
  const limited = members.filter(
    (member) => findStop(member) === null && findEverythingBy(enforced, member, slugs) === null,
  );
  const empty = limited.filter(({ rules }) => rules.length === 0);
  const people = pluralize(limited.length, "person", "people");
  if (workspace.enforcement)
    return limited.length === 0
      ? "Turning this off changes nothing for the present members."
      : `Turning this off lets ${pluralize(limited.length, "more person", "more people")} call every tool.`;
  return limited.length === 0
    ? "Turning this on changes nothing for the present members."
    : `Turning this on holds ${people} to their rules; ${empty.length} of them have no rule and may call no tool.`;
}

function describeDefaultFlip(workspace: Workspace, members: WorkspaceMember[]): string {
  const unrestricted = members.filter(isHeldToDefault).length;
  if (unrestricted === 0)
    return `${workspace.defaultAccess === "open" ? "Closing" : "Opening"} it changes nothing for the present members.`;
  const people = pluralize(
    unrestricted,
    "person who never had a rule",
    "people who never had a rule",
  );
  const when = workspace.enforcement ? "" : " This takes effect when rules are enforced.";
  return workspace.defaultAccess === "open"
    ? `Closing it leaves ${people} no tool.${when}`
    : `Opening it gives ${people} every tool.${when}`;
}

function pickSettings({ enforcement, defaultAccess }: Settings, patch: AccessProposal) {
  return patch.enforcement === undefined ? { defaultAccess } : { enforcement };
}

function describeSaved({ enforcement, defaultAccess }: AccessProposal): string {
  if (enforcement !== undefined)
    return enforcement ? "Rules are enforced" : "Rules are not enforced";
  return defaultAccess === "open" ? "Default access is open" : "Default access is closed";
}

function describeProposal(proposal: AccessProposal | undefined) {
  if (proposal?.defaultAccess !== undefined)
    return describeDefaultAccessQuestion(proposal.defaultAccess);
  return proposal?.enforcement === true
    ? { title: "Enforce rules?", confirmLabel: "Enforce rules" }
    : { title: "Stop enforcing rules?", confirmLabel: "Stop enforcing rules" };
}
