import { useState } from "react";
import { Agent, type AgentPatch } from "../../../../workers/contract/api/agents.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { showToast } from "../../ui/toast.ts";
import { AGENT_FIELDS, AgentFields, type AgentDraft } from "./agent-fields.tsx";
import { toDayText, toEndOfDay } from "./end-day.ts";

interface Props {
  slug: string;
  agent: Agent;
  onClose: () => void;
}

/** Changes an agent's name, owner or end. */
export function ChangeAgentDialog({ slug, agent, onClose }: Props) {
  const { id, name, ownerId, endsAt } = agent;
  const before: AgentDraft = { name, ownerId, end: toDayText(endsAt) };
  const [draft, setDraft] = useState(before);
  // Another owner or end needs a passkey check, and an end that has passed is refused: what stays is not sent.
  const patch: AgentPatch = {
    ...(draft.name.trim() === name ? {} : { name: draft.name.trim() }),
    ...(draft.ownerId === ownerId ? {} : { ownerId: draft.ownerId }),
    ...(draft.end === before.end ? {} : { endsAt: toEndOfDay(draft.end) }),
  };
  const save = useApiMutation({
    run: () => request(Agent, "PATCH", `/workspaces/${slug}/agents/${id}`, patch),
    invalidate: [workspaceKey(slug)],
    fields: AGENT_FIELDS,
    onDone: () => {
      showToast("Agent changed");
      onClose();
    },
  });
  return (
    <Dialog isOpen onClose={onClose} title="Change agent">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        <AgentFields slug={slug} draft={draft} onChange={setDraft} error={save.error} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isBusy={save.isPending}
            disabled={draft.name.trim() === "" || Object.keys(patch).length === 0}
          >
            Save
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}
