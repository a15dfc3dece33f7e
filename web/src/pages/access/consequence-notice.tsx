import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Notice } from "../../ui/notice.tsx";
import { describeConsequences } from "./consequences.ts";
import type { RulesChange } from "./rule-changes.ts";

interface Props {
  workspace: Workspace;
  change: RulesChange;
  /** Tools of the workspace; 0: not known. */
  toolCount: number;
}

/** Says what a change of rules takes away beyond the rules that it names; nothing if it takes nothing. */
export function ConsequenceNotice({ workspace, change, toolCount }: Props) {
  const sentences = describeConsequences(workspace, change, toolCount);
  if (sentences.length === 0) return null;
  return (
    <div className="mt-4" role="status">
      <Notice tone="warn">{escapeLine(sentences.join(" "))}</Notice>
    </div>
  );
}
