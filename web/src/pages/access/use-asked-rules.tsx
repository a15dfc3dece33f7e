import { useState, type ReactNode } from "react";
import type { Workspace } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { describeConsequences, findConsequences, listNames } from "./consequences.ts";
import type { RulesChange } from "./rule-changes.ts";
import { useRules } from "./use-rules.ts";

/** A question before a change of rules. */
export interface RulesQuestion {
  title: string;
  sentences: string[];
  confirmLabel: string;
  change: RulesChange;
}

/**
 * Changes of rules that ask first when they take away more than the rules that they name. `dialog` must be rendered. `ask`
 * asks in any case.
 */
export function useAskedRules(
  slug: string,
  workspace: Workspace,
  toolCount: number,
): {
  change: (change: RulesChange) => void;
  ask: (question: RulesQuestion) => void;
  dialog: ReactNode;
} {
  const send = useRules(slug);
  const [question, setQuestion] = useState<RulesQuestion>();
  const close = () => setQuestion(undefined);
  const change = (wanted: RulesChange) => {
    const sentences = describeConsequences(workspace, wanted, toolCount);
    if (sentences.length === 0) return send(wanted);
    const { losesDefault, losesLater, losesLast } = findConsequences(workspace, wanted);
    const restricted = [...losesDefault, ...losesLater];
    const isRestriction = restricted.length > 0;
    const who = listNames(isRestriction ? restricted : losesLast);
    setQuestion({
      title: isRestriction ? `Restrict ${who} to rules?` : `Take the last rule of ${who}?`,
      sentences,
      confirmLabel: isRestriction ? "Restrict to rules" : "Take the last rule",
      change: wanted,
    });
  };
  const dialog = (
    <Dialog
      isOpen={question !== undefined}
      onClose={close}
      title={escapeLine(question?.title ?? "")}
    >
      <ul className="flex flex-col gap-2 text-sm">
        {question?.sentences.map((sentence) => (
          <li key={sentence}>{escapeLine(sentence)}</li>
        ))}
      </ul>
      <FormActions>
        <Button data-initial-focus onClick={close}>
          Cancel
        </Button>
        <Button
          variant="danger"
          onClick={() => {
            if (question) send(question.change);
            close();
          }}
        >
          {question?.confirmLabel}
        </Button>
      </FormActions>
    </Dialog>
  );
  return { change, ask: setQuestion, dialog };
}
