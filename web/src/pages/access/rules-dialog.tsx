import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { serversQuery, toolNamesQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { LoadingState } from "../../ui/states.tsx";
import { ConsequenceNotice } from "./consequence-notice.tsx";
import type { RulesDifference } from "./rule-changes.ts";
import { listAllRules } from "./rules.ts";

const RulePicker = lazyComponent(() => import("./rule-picker.tsx"), "RulePicker");

interface Props {
  slug: string;
  workspace: Workspace;
  kind: "add" | "remove";
  isOpen: boolean;
  members: WorkspaceMember[];
  onClose: () => void;
  onSubmit: (change: RulesDifference) => void;
}

/** Dialog to select rules to add to members or remove from them. */
export function RulesDialog(props: Props) {
  const { kind, isOpen, members, onClose } = props;
  const target =
    members.length === 1 ? (members[0]?.name ?? "") : pluralize(members.length, "member");
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={kind === "add" ? `Add rules for ${target}` : `Remove rules from ${target}`}
    >
      {isOpen && <RulesForm {...props} />}
    </Dialog>
  );
}

function RulesForm({ slug, workspace, kind, members, onClose, onSubmit }: Props) {
  const [rules, setRules] = useState<string[]>([]);
  const servers = useQuery(serversQuery(slug)).data ?? [];
  const tools = useQuery(toolNamesQuery(slug)).data ?? [];
  const existing = [...new Set(members.flatMap((member) => member.rules))];
  const change = {
    members,
    add: kind === "add" ? rules : [],
    remove: kind === "remove" ? rules : [],
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(change);
        onClose();
      }}
    >
      <Suspense fallback={<LoadingState lines={1} />}>
        <RulePicker
          options={kind === "add" ? listAllRules(servers, tools) : existing}
          rules={rules}
          onChange={setRules}
        />
      </Suspense>
      {rules.length > 0 && (
        <ConsequenceNotice workspace={workspace} change={change} toolCount={tools.length} />
      )}
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={rules.length === 0}>
          {kind === "add" ? "Add" : "Remove"} {rules.length > 0 && pluralize(rules.length, "rule")}
        </Button>
      </FormActions>
    </form>
  );
}
