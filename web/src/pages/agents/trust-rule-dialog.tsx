import { useState } from "react";
import { Agent, TrustRuleInput } from "../../../../workers/contract/api/agents.ts";
import { findFieldProblem } from "../../api/api-error.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { toSignInUrl } from "../../connect/gateway-url.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { findProblem } from "../../ui/find-problem.ts";
import { Select } from "../../ui/select.tsx";
import { showToast } from "../../ui/toast.ts";
import { ClaimFields } from "./claim-fields.tsx";
import {
  CUSTOM,
  newDraft,
  PRESETS,
  toDraft,
  toInput,
  type AgentRule,
  type TrustRuleDraft,
} from "./trust-rule-draft.ts";

interface Props {
  slug: string;
  agent: Agent;
  /** Undefined: a new one. */
  rule: AgentRule | undefined;
  onClose: () => void;
}

/** Adds a trust rule to an agent, or changes one. */
export function TrustRuleDialog({ slug, agent, rule, onClose }: Props) {
  const audience = toSignInUrl(slug);
  const [draft, setDraft] = useState(() =>
    rule ? toDraft(rule) : newDraft(PRESETS[0] ?? CUSTOM, audience),
  );
  const [isSent, setIsSent] = useState(false);
  const parsed = TrustRuleInput.safeParse(toInput(draft));
  const path = `/workspaces/${slug}/agents/${agent.id}/trust-rules`;
  const save = useApiMutation({
    run: (input: TrustRuleInput) =>
      rule
        ? request(Agent, "PATCH", `${path}/${rule.id}`, input)
        : request(Agent, "POST", path, input),
    invalidate: [workspaceKey(slug)],
    fields: ["name", "issuer", "audience"],
    onDone: () => {
      showToast(rule ? "Trust rule changed" : "Trust rule added");
      onClose();
    },
  });
  const toError = (field: "name" | "issuer" | "audience") =>
    (isSent ? findProblem(parsed, field) : undefined) ?? findFieldProblem(save.error, field);
  return (
    <Dialog isOpen isWide onClose={onClose} title={rule ? "Change trust rule" : "Add trust rule"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsSent(true);
          if (parsed.success) save.mutate(parsed.data);
        }}
      >
        <RuleFields
          draft={draft}
          isNew={rule === undefined}
          onChange={setDraft}
          toError={toError}
          audience={audience}
        />
        <ClaimFields
          known={draft.preset.claims}
          values={draft.values}
          others={draft.others}
          onValues={(values) => setDraft({ ...draft, values })}
          onOthers={(others) => setDraft({ ...draft, others })}
          issues={
            isSent ? (parsed.error?.issues ?? []).filter(({ path: [f] }) => f === "claims") : []
          }
        />
        {rule && (
          <p className="text-xs text-dim">
            Any change but that of the name ends the access tokens that the rule has issued.
          </p>
        )}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={save.isPending}>
            {rule ? "Save" : "Add rule"}
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}

function RuleFields(props: {
  draft: TrustRuleDraft;
  isNew: boolean;
  onChange: (draft: TrustRuleDraft) => void;
  toError: (field: "name" | "issuer" | "audience") => string | undefined;
  audience: string;
}) {
  const { draft, isNew, onChange, toError, audience } = props;
  const choose = (id: string) => {
    const preset = PRESETS.find((one) => one.id === id);
    if (preset) onChange(newDraft(preset, audience));
  };
  const toInputProps = (field: "name" | "issuer" | "audience") => ({
    value: draft[field],
    spellCheck: false,
    autoComplete: "off",
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...draft, [field]: event.currentTarget.value }),
  });
  return (
    <>
      {isNew && (
        <Field label="Workload" hint={draft.preset.explanation}>
          <Select
            value={draft.preset.id}
            onChange={choose}
            choices={PRESETS.map(({ id, name }) => ({ value: id, label: name }))}
          />
        </Field>
      )}
      <Field
        label="Name"
        hint="Calls have it in the audit log, in place of a token."
        error={toError("name")}
      >
        <TextInput {...toInputProps("name")} maxLength={120} />
      </Field>
      <Field
        label="Issuer"
        hint="The iss of the token, exactly. Its keys are read from its metadata."
        error={toError("issuer")}
      >
        <TextInput
          {...toInputProps("issuer")}
          className="font-mono"
          placeholder="https://issuer.example.com"
        />
      </Field>
      <div className="flex items-end gap-1">
        <Field
          label="Audience"
          className="flex-1"
          hint="The workload requests its token for it."
          error={toError("audience")}
        >
          <TextInput {...toInputProps("audience")} className="font-mono" />
        </Field>
        <span className="mb-5">
          <CopyButton text={draft.audience} contentName="audience" />
        </span>
      </div>
    </>
  );
}
