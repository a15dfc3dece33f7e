import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { Agent, type AgentInput } from "../../../../workers/contract/api/agents.ts";
import { Rules, type Workspace } from "../../../../workers/contract/api/resources.ts";
import { describeError } from "../../api/api-error.ts";
import { useMembership } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { serversQuery, toolNamesQuery, workspaceKey } from "../../api/workspace.ts";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Select } from "../../ui/select.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { listAllRules } from "../access/rules.ts";
import { AGENT_FIELDS, AgentFields, type AgentDraft } from "./agent-fields.tsx";
import { toEndOfDay } from "./end-day.ts";

const RulePicker = lazyComponent(() => import("../access/rule-picker.tsx"), "RulePicker");

interface Props {
  slug: string;
  workspace: Workspace;
  onClose: () => void;
}

/** Creates an agent, and leads to its page, where it gets its trust rules. */
export function CreateAgentDialog({ slug, workspace, onClose }: Props) {
  const navigate = useNavigate();
  const ownId = useMembership(slug)?.memberId ?? "";
  const [draft, setDraft] = useState<AgentDraft>({ name: "", ownerId: ownId, end: "" });
  const [access, setAccess] = useState<"chosen" | "default">("chosen");
  const [rules, setRules] = useState<string[]>([]);
  const create = useApiMutation({
    run: async (input: AgentInput) => {
      const agent = await request(Agent, "POST", `/workspaces/${slug}/agents`, input);
      if (access === "default") return { agent, problem: null };
      const path = `/workspaces/${slug}/members/${agent.id}/rules`;
      // The agent is there by now: its page shows what it may call.
      const problem = await request(Rules, "PUT", path, { rules, isRestricted: true }).then(
        () => null,
        describeError,
      );
      return { agent, problem };
    },
    invalidate: [workspaceKey(slug, "agents"), workspaceKey(slug, "members")],
    fields: AGENT_FIELDS,
    onDone: ({ agent, problem }) => {
      showToast(problem === null ? "Agent created" : `Created, but without rules: ${problem}`);
      void navigate({ to: "/w/$slug/members/$agent", params: { slug, agent: agent.id } });
    },
  });
  return (
    <Dialog isOpen onClose={onClose} title="New agent">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const { name, ownerId, end } = draft;
          create.mutate({ name: name.trim(), ownerId, endsAt: toEndOfDay(end) });
        }}
      >
        <AgentFields slug={slug} draft={draft} onChange={setDraft} error={create.error} />
        <Field label="What it may call">
          <Select
            value={access}
            onChange={setAccess}
            choices={[
              { value: "chosen", label: "Only what I choose" },
              {
                value: "default",
                label:
                  workspace.defaultAccess === "open"
                    ? "Everything, as members without rules"
                    : "Nothing, as members without rules",
              },
            ]}
          />
        </Field>
        {access === "chosen" && <ChosenRules slug={slug} rules={rules} onChange={setRules} />}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isBusy={create.isPending}
            disabled={draft.name.trim() === "" || draft.ownerId === ""}
          >
            Create agent
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}

function ChosenRules(props: {
  slug: string;
  rules: string[];
  onChange: (rules: string[]) => void;
}) {
  const servers = useQuery(serversQuery(props.slug)).data ?? [];
  const tools = useQuery(toolNamesQuery(props.slug)).data ?? [];
  return (
    <div className="flex flex-col gap-1.5">
      <Suspense fallback={<LoadingState lines={1} />}>
        <RulePicker
          options={listAllRules(servers, tools)}
          rules={props.rules}
          onChange={props.onChange}
        />
      </Suspense>
      {props.rules.length === 0 && (
        <p className="text-xs text-dim">It can call nothing until you add rules.</p>
      )}
    </div>
  );
}
