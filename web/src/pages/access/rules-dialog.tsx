import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { serversQuery, toolNamesQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { LabelledCheckbox } from "../../ui/checkbox.tsx";
import { FormActions, Dialog } from "../../ui/dialog.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { RuleEndField } from "../../ui/rule-end-field.tsx";
import { isEndChosen, toEndsAt, type RuleEnd } from "../../ui/rule-end.ts";
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
  const [denies, setDenies] = useState(false);
  const [end, setEnd] = useState<{ kind: RuleEnd; time: string }>({ kind: "never", time: "" });
  const servers = useQuery(serversQuery(slug)).data ?? [];
  const tools = useQuery(toolNamesQuery(slug)).data ?? [];
  const existing = [...new Set(members.flatMap((member) => member.rules))];
  const change = {
    members,
    add: kind === "add" ? rules.map((rule) => (denies ? `!${rule}` : rule)) : [],
    remove: kind === "remove" ? rules : [],
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const endsAt = toEndsAt(end.kind, end.time, Date.now());
        if (endsAt === undefined) return;
        onSubmit(kind === "add" && endsAt !== null ? { ...change, endsAt } : change);
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
      {kind === "add" && (
        <>
          <LabelledCheckbox isChecked={denies} onChange={setDenies} className="text-sm">
            Deny it, whatever else allows
          </LabelledCheckbox>
          <RuleEndField
            end={end.kind}
            time={end.time}
            onChange={(next, time) => setEnd({ kind: next, time })}
          />
        </>
      )}
      {rules.length > 0 && (
        <ConsequenceNotice workspace={workspace} change={change} toolCount={tools.length} />
      )}
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          disabled={rules.length === 0 || !isEndChosen(end.kind, end.time)}
        >
          {kind === "add" ? "Add" : "Remove"} {rules.length > 0 && pluralize(rules.length, "rule")}
        </Button>
      </FormActions>
    </form>
  );
}
