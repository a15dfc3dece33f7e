import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ConfigurationPlan } from "../../../../workers/contract/versions/document.ts";
import { describeError, isConflict } from "../../api/api-error.ts";
import { withStepUp } from "../../api/ceremonies.ts";
import { useCan } from "../../api/me.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { applyConfiguration, readConfiguration } from "../../api/versions.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { showToast } from "../../ui/toast.ts";
import { MovedNotice, PlanView } from "./plan-view.tsx";
import { writeYaml } from "./write-yaml.ts";

/** The configuration as one document in YAML or JSON: read, changed, planned and applied. */
export function ConfigurationTab({ slug }: { slug: string }) {
  const canApply = useCan(slug, "workspace.configure");
  const [text, setText] = useState("");
  const [plan, setPlan] = useState<ConfigurationPlan | null>(null);
  const change = (next: string) => {
    setText(next);
    setPlan(null);
  };
  const load = useApiMutation({
    run: async () => writeYaml(await readConfiguration(slug)),
    invalidate: [],
    onDone: change,
  });
  const { makePlan, apply, hasMoved } = useDocumentPlan(slug, text, setPlan);
  return (
    <div className="flex flex-col gap-5">
      <Section
        title="Document"
        hint="Keep it in Git, and apply it here or with PUT …/configuration. Sections that it lacks are not changed."
        actions={
          <div className="flex flex-wrap gap-2">
            <Button isBusy={load.isPending} onClick={() => load.mutate(undefined)}>
              Load the current one
            </Button>
            <Button disabled={text === ""} onClick={() => saveFile(text, `${slug}.yaml`)}>
              Save as a file
            </Button>
          </div>
        }
      >
        <div className="flex flex-col gap-3 px-4 py-3">
          <DocumentText text={text} onChange={change} />
          {makePlan.error !== null && (
            <p role="alert" className="text-sm text-bad wrap-anywhere">
              {describeError(makePlan.error)}
            </p>
          )}
          {canApply && (
            <div>
              <Button
                variant="primary"
                disabled={text.trim() === ""}
                isBusy={makePlan.isPending}
                onClick={() => makePlan.mutate()}
              >
                Make a plan
              </Button>
            </div>
          )}
        </div>
      </Section>
      {plan && (
        <Plan
          plan={plan}
          hasMoved={hasMoved}
          isBusy={apply.isPending}
          onApply={() => apply.mutate(plan.version)}
        />
      )}
    </div>
  );
}

/** Plans what is applied, and applies it. `hasMoved`: the workspace has changed since the plan that a person has seen. */
function useDocumentPlan(
  slug: string,
  text: string,
  onPlan: (plan: ConfigurationPlan | null) => void,
) {
  const [hasMoved, setHasMoved] = useState(false);
  const client = useQueryClient();
  // What is wrong with a document is shown below it, and not as a passing message.
  const makePlan = useMutation({
    mutationFn: () => withStepUp(client, () => applyConfiguration(slug, text, { dryRun: "true" })),
    onSuccess: (applied) => {
      setHasMoved(false);
      onPlan(applied.plan);
    },
  });
  const apply = useApiMutation({
    run: async (ifVersion: number) => {
      try {
        return await applyConfiguration(slug, text, { ifVersion });
      } catch (error) {
        if (!isConflict(error)) throw error;
        const { plan: next } = await makePlan.mutateAsync();
        setHasMoved(next.version !== ifVersion);
        throw error;
      }
    },
    invalidate: [workspaceKey(slug)],
    onDone: () => {
      onPlan(null);
      showToast("The document is applied");
    },
  });
  return { makePlan, apply, hasMoved };
}

/** The text, pasted or from a file. */
function DocumentText({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  return (
    <>
      <textarea
        aria-label="Configuration in YAML or JSON"
        className="input h-auto min-h-80 py-2 font-mono text-xs leading-5"
        spellCheck={false}
        value={text}
        placeholder="Paste a document, open a file, or load the current configuration."
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <label className="flex flex-wrap items-center gap-2 text-xs text-dim">
        Open a file
        <input
          type="file"
          accept=".yaml,.yml,.json"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) void file.text().then(onChange);
          }}
        />
      </label>
    </>
  );
}

interface PlanProps {
  plan: ConfigurationPlan;
  /** Whether an earlier plan was refused. */
  hasMoved: boolean;
  isBusy: boolean;
  onApply: () => void;
}

function Plan({ plan, hasMoved, isBusy, onApply }: PlanProps) {
  return (
    <Section title="Plan" hint="Nothing is changed yet.">
      <div className="flex flex-col gap-4 px-4 py-3">
        {hasMoved && <MovedNotice />}
        <PlanView plan={plan} />
        <div>
          <Button
            variant="danger"
            disabled={plan.changes.length === 0}
            isBusy={isBusy}
            onClick={onApply}
          >
            Apply
          </Button>
        </div>
      </div>
    </Section>
  );
}
