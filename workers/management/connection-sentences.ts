import type { AuditAction } from "../contract/records/audit-actions.ts";
import { quote, toPlural, type Detail, type Predicate } from "./event-details.ts";

type ConnectionAction = Extract<AuditAction, "server.connected" | "server.disconnected">;

/** The predicates of the actions about sign-ins at servers, and about accounts of members. */
export const CONNECTION_PREDICATES: Record<ConnectionAction, Predicate> = {
  "server.connected": ({ object, detail }) => {
    if (detail.has("isKey"))
      return `entered the key of ${describeMember(detail)} for the server ${object}`;
    const issuer = detail.text("issuer") ?? "?";
    if (detail.has("byCompany"))
      return `got an access token for ${describeMember(detail)} at the server ${object} (${issuer}) by the company’s sign-in`;
    return detail.has("memberId")
      ? `connected the account of ${describeMember(detail)} at the server ${object} (${issuer})`
      : `signed the gateway in at the server ${object} (${issuer})`;
  },
  "server.disconnected": ({ object, detail }) => {
    if (detail.has("memberId"))
      return `disconnected the account of ${describeMember(detail)} at the server ${object}`;
    const accounts = detail.number("accounts");
    return accounts > 1
      ? `disconnected ${toPlural(accounts, "account")} at the server ${object}`
      : `ended the gateway’s sign-in at the server ${object}`;
  },
};

function describeMember(detail: Detail): string {
  return quote(detail.text("member"));
}
