import type { AccessRequest } from "../../../../../workers/contract/api/access-requests.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Badge, type Tone } from "../../../ui/page.tsx";
import { Time, TimeUntil } from "../../../ui/time.tsx";
import { Quote } from "../request-facts.tsx";

const STATUS: Record<AccessRequest["status"], { label: string; tone: Tone }> = {
  open: { label: "Open", tone: "accent" },
  approved: { label: "Approved", tone: "ok" },
  declined: { label: "Declined", tone: "warn" },
  withdrawn: { label: "Withdrawn", tone: "neutral" },
  lapsed: { label: "Lapsed", tone: "neutral" },
};

/** What is asked for, in words: a tool, a whole server, or its tools of a class. */
export function describeRule(rule: string): string {
  const colon = rule.indexOf(":");
  const [server, pattern] = [rule.slice(0, colon), rule.slice(colon + 1)];
  if (pattern === "*") return `everything of ${server}`;
  const kind = /^\*\[(.+)\]$/.exec(pattern)?.[1];
  return escapeLine(kind ? `${kind} tools of ${server}` : `${pattern} of ${server}`);
}

/** The rule that is asked for, with the status of the request if it is `isStatusShown`. */
export function AccessRequestTitle({
  request: { rule, status },
  isStatusShown,
}: {
  request: AccessRequest;
  isStatusShown: boolean;
}) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="font-medium wrap-anywhere">{describeRule(rule)}</span>
      {isStatusShown && <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>}
    </p>
  );
}

/** The outcome of a closed request, for its member and for admins. */
export function AccessOutcome({ request }: { request: AccessRequest }) {
  const { status, closedAt, granted, answer, closedBy } = request;
  if (closedAt === null) return null;
  return (
    <>
      <p className="text-sm">
        {toSentence(request)}
        {granted !== null && granted.endsAt !== null && (
          <>
            {" "}
            End: <TimeUntil at={granted.endsAt} />.
          </>
        )}
        <span className="text-xs text-dim">
          {" "}
          {closedBy !== null && status !== "withdrawn" && `${escapeLine(closedBy)}, `}
          <Time at={closedAt} />
        </span>
      </p>
      {answer !== null && <Quote text={answer} />}
    </>
  );
}

function toSentence({ status, granted, rule }: AccessRequest): string {
  switch (status) {
    case "approved": {
      if (granted === null || granted.rule === null)
        return "Approved: the rule that denied it is removed.";
      const to = granted.holder.kind === "team" ? ` for the team ${granted.holder.name}` : "";
      const what = granted.rule === rule ? "" : `, as ${describeRule(granted.rule)}`;
      return escapeLine(`Approved${what}${to}.`);
    }
    case "declined":
      return "Declined.";
    case "lapsed":
      return "It lapsed: no admin decided within 30 days, or the server was removed.";
    default:
      return "Withdrawn.";
  }
}
