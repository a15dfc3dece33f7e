import type { AuditAction } from "../contract/records/audit-actions.ts";
import { joinWords, quote, toDate, type Parts, type Predicate } from "./event-details.ts";

type AccessRequestAction = Extract<AuditAction, `${"request" | "access_request"}.${string}`>;

/** What was asked for, of servers and of access, and how it was decided. */
export const ACCESS_REQUEST_PREDICATES: Record<AccessRequestAction, Predicate> = {
  "request.created": ({ object }) => `asked for the server ${object} of the marketplace`,
  "request.fulfilled": (parts) =>
    `fulfilled ${describeServerRequest(parts)} with ${parts.detail.text("slug") ?? "a server"}`,
  "request.declined": (parts) => `declined ${describeServerRequest(parts)}`,
  "request.withdrawn": (parts) => `withdrew ${describeServerRequest(parts)}`,
  "access_request.created": ({ actor, object, detail }) =>
    `asked for access to ${detail.text("rule") ?? "?"}${actor === object ? "" : ` for ${object}`}`,
  "access_request.approved": ({ object, detail }) => {
    const rule = detail.text("rule");
    const team = detail.text("team");
    const asked = detail.text("asked");
    const to = team === null ? object : `the team ${quote(team)}, for ${object}`;
    const end = detail.number("endsAt");
    const given = [
      ...(rule === null ? [] : [`gave ${to} ${rule}${end === 0 ? "" : ` until ${toDate(end)}`}`]),
      ...(detail.has("lifted")
        ? [`removed the denial ${joinWords(detail.texts("lifted"))} of ${object}`]
        : []),
    ];
    return `${joinWords(given)}${asked === rule ? ", as asked" : ` on the request for ${asked ?? "?"}`}`;
  },
  "access_request.declined": (parts) => `declined ${describeRequest(parts)}`,
  "access_request.withdrawn": (parts) => `withdrew ${describeRequest(parts)}`,
  "access_request.lapsed": (parts) => `let ${describeRequest(parts)} lapse`,
};

function describeServerRequest({ actor, object, detail, nameOf }: Parts): string {
  const name = nameOf(detail.text("memberId") ?? "");
  return name === actor ? `the request for ${object}` : `the request of ${name} for ${object}`;
}

function describeRequest({ actor, object, detail }: Parts): string {
  const rule = detail.text("rule") ?? "?";
  return actor === object ? `the request for ${rule}` : `the request of ${object} for ${rule}`;
}
