import type { AuditAction } from "../contract/records/audit-actions.ts";
import { joinWords, toPlural, type Detail, type Predicate } from "./event-details.ts";

type ContractAction = Extract<AuditAction, `contract.${string}`>;

const POLICIES: Record<string, string> = {
  hold: "hold changes until they are approved",
  allow_and_tell: "serve changes and tell admins",
  allow: "serve changes",
};

/** What was decided about the contracts of servers, and what they show. */
export const CONTRACT_PREDICATES: Record<ContractAction, Predicate> = {
  "contract.approved": ({ object, detail }) =>
    detail.value("isFirstLook") === true
      ? `approved the first look at ${object}: ${toPlural(detail.number("count"), "definition")}`
      : `approved ${describe(detail)} of ${object}`,
  "contract.refused": ({ object, detail }) => `refused ${describe(detail)} of ${object}`,
  "contract.policy_changed": ({ object, detail }) =>
    `set the policy of ${object} to: ${POLICIES[detail.text("changePolicy") ?? ""] ?? "?"}${detail.has("count") ? `, and approved the ${toPlural(detail.number("count"), "definition")} that it shows` : ""}`,
  "contract.imported": ({ detail }) =>
    `imported the contracts of ${joinWords(detail.texts("servers"))}`,
  "contract.skill_read": ({ object, detail }) =>
    `read ${toPlural(detail.number("count"), "changed file")} of ${joinWords(detail.texts("definitions"))} at ${object}`,
  "contract.change_observed": ({ object, detail }) => {
    const parts = (["added", "changed", "removed"] as const).flatMap((type) => {
      const names = detail.texts(type);
      return names.length === 0 ? [] : `${type} ${joinWords(names)}`;
    });
    const isHeld = detail.text("changePolicy") === "hold";
    return `saw that ${object} has changed: ${parts.join("; ")}${isHeld ? ". Clients keep what is approved" : ""}`;
  },
};

function describe(detail: Detail): string {
  const names = detail.texts("definitions");
  const count = detail.number("count");
  return `${toPlural(count, "change")}: ${joinWords(names)}`;
}
