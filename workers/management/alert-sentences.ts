import type { AuditAction } from "../contract/records/audit-actions.ts";
import { joinWords, quote, type Detail, type Predicate } from "./event-details.ts";

type AlertAction = Extract<AuditAction, `alert_channel.${string}`>;

/** What was changed of the channels of alerts. */
export const ALERT_PREDICATES: Record<AlertAction, Predicate> = {
  "alert_channel.created": ({ detail }) =>
    `had alerts sent to ${describeChannel(detail)}: ${listKinds(detail)}`,
  "alert_channel.updated": ({ detail }) =>
    `changed ${describeChannel(detail)}: it is ${detail.value("isEnabled") === false ? "off" : "on"}, for ${listKinds(detail)}`,
  "alert_channel.deleted": ({ detail }) => `removed ${describeChannel(detail)}`,
};

function describeChannel(detail: Detail): string {
  const kind = detail.text("kind") === "slack" ? "the Slack channel" : "the webhook";
  return `${kind} ${quote(detail.text("name"))} at ${detail.text("host") ?? "?"}`;
}

function listKinds(detail: Detail): string {
  return joinWords(detail.texts("kinds").map((kind) => kind.replaceAll("_", " "))) || "no kind";
}
