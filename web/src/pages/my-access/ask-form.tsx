import { useState } from "react";
import {
  AccessRequest,
  MAX_ACCESS_REQUEST_TEXT,
} from "../../../../workers/contract/api/access-requests.ts";
import { accessRequestsKey } from "../../api/access-requests.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { RuleEndField } from "../../ui/rule-end-field.tsx";
import { isEndChosen, toEndsAt, type RuleEnd } from "../../ui/rule-end.ts";
import { Select } from "../../ui/select.tsx";
import { showToast } from "../../ui/toast.ts";
import { LongText } from "../requests/long-text.tsx";

/** What a form is filled in with, from the address in a refusal. */
export interface Asked {
  server?: string | undefined;
  tool?: string | undefined;
  agent?: string | undefined;
}

type Scope = "tool" | "read-only" | "server";

const SCOPES = [
  { value: "tool", label: "One tool" },
  { value: "read-only", label: "The server’s read-only tools" },
  { value: "server", label: "Everything of the server" },
] as const;

interface Props {
  slug: string;
  asked: Asked | null;
  onClose: () => void;
}

/** The dialog in which a member asks for access. `asked` null: it is closed. */
export function AskDialog({ slug, asked, onClose }: Props) {
  return (
    <Dialog isOpen={asked !== null} onClose={onClose} title="Ask for access">
      {asked && <AskForm slug={slug} asked={asked} onClose={onClose} />}
    </Dialog>
  );
}

function AskForm({ slug, asked, onClose }: Props & { asked: Asked }) {
  const [server, setServer] = useState(asked.server ?? "");
  const [tool, setTool] = useState(asked.tool ?? "");
  const [scope, setScope] = useState<Scope>(
    asked.server !== undefined && asked.tool === undefined ? "server" : "tool",
  );
  const [end, setEnd] = useState<{ kind: RuleEnd; time: string }>({ kind: "never", time: "" });
  const [reason, setReason] = useState("");
  const ask = useAsk(slug, onClose);
  const isComplete = server.trim() !== "" && (scope !== "tool" || tool.trim() !== "");
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const endsAt = toEndsAt(end.kind, end.time, Date.now());
        if (endsAt === undefined) return;
        const memberId = asked.agent === undefined ? {} : { memberId: asked.agent };
        ask.mutate({
          rule: toRule(server.trim(), scope, tool.trim()),
          reason,
          endsAt,
          ...memberId,
        });
      }}
    >
      {asked.agent !== undefined && (
        <Notice tone="info">The access is for an agent that you answer for.</Notice>
      )}
      <Field label="Server" hint="Its short name, as an error or an admin names it.">
        <TextInput
          value={server}
          required
          autoFocus={asked.server === undefined}
          onChange={(event) => setServer(event.currentTarget.value)}
        />
      </Field>
      <Field label="What">
        <Select value={scope} choices={SCOPES} onChange={setScope} />
      </Field>
      {scope === "tool" && (
        <Field label="Tool" hint="The server’s own name of it.">
          <TextInput
            value={tool}
            required
            onChange={(event) => setTool(event.currentTarget.value)}
          />
        </Field>
      )}
      <RuleEndField
        label="How long"
        end={end.kind}
        time={end.time}
        onChange={(kind, time) => setEnd({ kind, time })}
      />
      <LongText
        label="What for"
        hint={`Owners, admins and auditors read it. At most ${MAX_ACCESS_REQUEST_TEXT} characters, no secrets.`}
        value={reason}
        onChange={setReason}
        hasFocus={asked.server !== undefined}
        maxLength={MAX_ACCESS_REQUEST_TEXT}
      />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={ask.isPending}
          disabled={!isComplete || reason.trim() === "" || !isEndChosen(end.kind, end.time)}
        >
          Ask
        </Button>
      </FormActions>
    </form>
  );
}

function toRule(server: string, scope: Scope, tool: string): string {
  if (scope === "tool") return `${server}:${tool}`;
  return scope === "server" ? `${server}:*` : `${server}:*[read-only]`;
}

function useAsk(slug: string, onClose: () => void) {
  return useApiMutation({
    run: (body: object) =>
      request(AccessRequest, "POST", `/workspaces/${slug}/me/access-requests`, body),
    invalidate: [accessRequestsKey(slug), workspaceKey(slug, "audit-events")],
    onDone: () => {
      showToast("An admin can decide on your request now");
      onClose();
    },
  });
}
