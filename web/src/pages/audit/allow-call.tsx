import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ToolCall } from "../../../../workers/contract/api/resources.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { membersQuery, toolNamesQuery, workspaceQuery } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ConsequenceNotice } from "../access/consequence-notice.tsx";
import { findStop } from "../access/rules.ts";
import { usePendingRules, useRules } from "../access/use-rules.ts";
import { describeRule } from "./words.ts";

/** Allows what a rule was missing for: says what the new rule allows, then adds it. Nothing for any other call. */
export function AllowCall({ slug, call }: { slug: string; call: ToolCall }) {
  const canEdit = useCan(slug, "rules.edit");
  const rule = toMissingRule(call);
  if (!canEdit || rule === null || call.memberId === null) return null;
  return <AllowRule slug={slug} memberId={call.memberId} rule={rule} />;
}

function AllowRule({ slug, memberId, rule }: { slug: string; memberId: string; rule: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const { data: workspace } = useQuery(workspaceQuery(slug));
  const { data: members = [] } = useQuery(membersQuery(slug));
  const { data: tools = [] } = useQuery(toolNamesQuery(slug));
  const isPending = usePendingRules(slug, members) !== members;
  const send = useRules(slug);
  const member = members.find(({ id }) => id === memberId);
  if (!workspace || !member) return null;
  const stop = findStop(member);
  if (stop === "auditor") return null;
  const name = escapeLine(member.name);
  const what = describeRule(rule);
  if (member.rules.includes(rule))
    return (
      <Notice tone="info">
        Allowed for {name}: {what}.{stop === null && " The next call succeeds."}
      </Notice>
    );
  if (!isAsked)
    return (
      <Button className="self-start" onClick={() => setIsAsked(true)}>
        Allow this…
      </Button>
    );
  const change = { members: [member], add: [rule], remove: [] };
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line p-3 text-sm">
      <p>
        This adds the rule <span className="font-mono text-xs">{escapeLine(rule)}</span> for {name}.
        From then on, {name} can call {lowerFirst(what)}, with every token. Other rules stay as they
        are.
      </p>
      <ConsequenceNotice workspace={workspace} change={change} toolCount={tools.length} />
      <div className="flex gap-2">
        <Button onClick={() => setIsAsked(false)}>Cancel</Button>
        <Button variant="primary" isBusy={isPending} onClick={() => send(change)}>
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
  // No rule names a prompt, resource or skill: these belong to the whole server.
  const isWhole = ["prompts/get", "skills/get", "resources/read"].includes(method);
  return toolName === null || isWhole ? `${serverSlug}:*` : `${serverSlug}:${toolName}`;
}

function lowerFirst(text: string): string {
  return text.startsWith("Everything") ? `e${text.slice(1)}` : text;
}
