import { useState } from "react";
import { z } from "zod";
import { Member, type ToolCall } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { showToast } from "../../ui/toast.ts";
import { describeRule } from "./words.ts";

const Members = z.object({ items: z.array(Member) });

/** Allows what a rule was missing for: says what the new rule allows, then adds it. Nothing for any other call. */
export function AllowCall({ slug, call }: { slug: string; call: ToolCall }) {
  const canEdit = useCan(slug, "rules.edit");
  const [isAsked, setIsAsked] = useState(false);
  const rule = toMissingRule(call);
  const { memberId, memberName } = call;
  const allow = useApiMutation({
    run: (edit: { memberIds: string[]; add: string[] }) =>
      request(Members, "PATCH", `/workspaces/${slug}/rules`, edit),
    invalidate: [workspaceKey(slug, "members")],
    onDone: () => showToast(`${memberName ?? "The member"} may make this call`),
  });
  if (!canEdit || rule === null || memberId === null || call.hasMemberLeft) return null;
  const name = memberName ?? "this member";
  const what = describeRule(rule);
  if (allow.isSuccess)
    return (
      <Notice tone="info">
        Allowed for {name}: {what}. The next call succeeds.
      </Notice>
    );
  if (!isAsked)
    return (
      <Button className="self-start" onClick={() => setIsAsked(true)}>
        Allow this…
      </Button>
    );
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line p-3 text-sm">
      <p>
        This adds the rule <span className="font-mono text-xs">{escapeLine(rule)}</span> for {name}.
        From then on, {name} can call {lowerFirst(what)}, with every token. Other rules stay as they
        are.
      </p>
      <div className="flex gap-2">
        <Button onClick={() => setIsAsked(false)}>Cancel</Button>
        <Button
          variant="primary"
          isBusy={allow.isPending}
          onClick={() => allow.mutate({ memberIds: [memberId], add: [rule] })}
        >
          Allow for {name}
        </Button>
      </div>
    </div>
  );
}

/** The narrowest rule that allows the call; null: it was not refused by rules, or its server is gone. */
function toMissingRule({
  status,
  errorCode,
  serverSlug,
  serverName,
  toolName,
  method,
}: ToolCall): string | null {
  const isRefused = status === "blocked" && errorCode === "tool_not_allowed";
  if (!isRefused || serverSlug === null || serverName === null) return null;
  // No rule names a prompt or resource: these belong to the whole server.
  return toolName === null || method === "prompts/get"
    ? `${serverSlug}:*`
    : `${serverSlug}:${toolName}`;
}

function lowerFirst(text: string): string {
  return text.startsWith("Everything") ? `e${text.slice(1)}` : text;
}
