import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import {
  MAX_ACCESS_REQUEST_TEXT,
  type AccessDecisionInput,
  type AccessRequest,
} from "../../../../../workers/contract/api/access-requests.ts";
import { Team } from "../../../../../workers/contract/api/teams.ts";
import { explanationQuery } from "../../../api/access-requests.ts";
import { request as send } from "../../../api/request.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { LabelledCheckbox } from "../../../ui/checkbox.tsx";
import { Dialog, FormActions } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { RuleEndField } from "../../../ui/rule-end-field.tsx";
import { isEndChosen, toEndsAt, type RuleEnd } from "../../../ui/rule-end.ts";
import { Select } from "../../../ui/select.tsx";
import { LongText } from "../long-text.tsx";
import { describeRule } from "./access-request-facts.tsx";
import { useAccessDecision } from "./use-access-decision.ts";

interface Props {
  slug: string;
  request: AccessRequest;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks for the scope, the end and the holder of an approval. */
export function ApproveAccessDialog(props: Props) {
  const { isOpen, onClose, request } = props;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={`Approve ${describeRule(request.rule)}`}>
      <ApproveForm {...props} />
    </Dialog>
  );
}

/** What an admin enters. `holder`: the id of the member, or of a team. */
interface Draft {
  rule: string;
  holder: string;
  end: RuleEnd;
  time: string;
  liftsDenials: boolean;
  answer: string;
}

function toDraft({ rule, member, endsAt }: AccessRequest): Draft {
  const end = endsAt === null ? "month" : "time";
  const time = endsAt === null ? "" : toLocalTime(endsAt);
  return { rule, holder: member.id, end, time, liftsDenials: false, answer: "" };
}

/** The body of the decision; null: no end is chosen yet. */
function toDecision({ member }: AccessRequest, draft: Draft): AccessDecisionInput | null {
  const { rule, holder, end, time, liftsDenials, answer } = draft;
  const endsAt = toEndsAt(end, time, Date.now());
  if (endsAt === undefined) return null;
  return {
    outcome: "approved",
    rule,
    endsAt,
    holder: { kind: holder === member.id ? "member" : "team", id: holder },
    liftsDenials,
    ...(answer.trim() === "" ? {} : { answer }),
  };
}

function ApproveForm({ slug, request, onClose }: Props) {
  const [draft, setDraft] = useState(() => toDraft(request));
  const set = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
  const isDenied = useIsDeniedByOwnRule(slug, request);
  const approve = useAccessDecision(slug, request, "Access approved", onClose);
  const { rule: asked, server, member } = request;
  const scopes = [...new Set([asked, `${server}:*[read-only]`, `${server}:*`])];
  const isComplete = isEndChosen(draft.end, draft.time) && (!isDenied || draft.liftsDenials);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const decision = toDecision(request, draft);
        if (decision) approve.mutate(decision);
      }}
    >
      <Field label="What" hint="Rules that deny always win, for example for a single tool.">
        <Select
          value={draft.rule}
          choices={scopes.map((value) => ({
            value,
            label: `${describeRule(value)}${value === asked ? ", as asked" : ""}`,
          }))}
          onChange={(rule) => set({ rule })}
        />
      </Field>
      <HolderField slug={slug} request={request} value={draft.holder} onChange={set} />
      <RuleEndField
        end={draft.end}
        time={draft.time}
        onChange={(end, time) => set({ end, time })}
      />
      {isDenied && (
        <LabelledCheckbox
          isChecked={draft.liftsDenials}
          onChange={(liftsDenials) => set({ liftsDenials })}
          className="text-sm"
        >
          Also remove the rules of {member.name ?? "the member"} that deny it
        </LabelledCheckbox>
      )}
      <LongText
        label="Answer (optional)"
        hint={`${request.askedBy.name ?? "The member"} reads it.`}
        value={draft.answer}
        onChange={(answer) => set({ answer })}
        hasFocus={false}
        maxLength={MAX_ACCESS_REQUEST_TEXT}
      />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={approve.isPending} disabled={!isComplete}>
          Approve
        </Button>
      </FormActions>
    </form>
  );
}

/** Who gets the rule: the member alone, or a team that it is in. Nothing while it is in no team. */
function HolderField(props: {
  slug: string;
  request: AccessRequest;
  value: string;
  onChange: (changed: { holder: string }) => void;
}) {
  const { member } = props.request;
  const teams = useTeamsOf(props.slug, member.id);
  if (teams.length === 0) return null;
  return (
    <Field label="For" hint="A team’s rule is for all who are in it, also later.">
      <Select
        value={props.value}
        choices={[
          { value: member.id, label: `${member.name ?? "The member"} alone` },
          ...teams.map(({ id, name, memberIds }) => ({
            value: id,
            label: `The team ${name} (${memberIds.length})`,
          })),
        ]}
        onChange={(holder) => props.onChange({ holder })}
      />
    </Field>
  );
}

/** The teams that a member is in. */
function useTeamsOf(slug: string, memberId: string) {
  const query = useQuery({
    queryKey: workspaceKey(slug, "teams"),
    queryFn: () => send(z.object({ items: z.array(Team) }), "GET", `/workspaces/${slug}/teams`),
  });
  return query.data?.items.filter(({ memberIds }) => memberIds.includes(memberId)) ?? [];
}

function useIsDeniedByOwnRule(slug: string, { member, server, tool }: AccessRequest): boolean {
  const { data } = useQuery(explanationQuery(slug, { member: member.id, server, tool }));
  return data?.decision === "denied" && data.decidedBy?.holder.kind === "member";
}

/** An instant as the value of a `datetime-local` input, in the person's time zone. */
function toLocalTime(at: number): string {
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 16);
}
