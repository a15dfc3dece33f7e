import { withList } from "./event-changes.ts";
import { type Detail, joinWords } from "./event-details.ts";

/** Which values of a follow were set and removed. */
export function describeFollowValues(detail: Detail): string {
  const words = [
    ...withList("with new values of", detail.texts("valuesSet")),
    ...withList("without", detail.texts("valuesRemoved")),
  ];
  return words.length === 0 ? "" : `, ${joinWords(words)}`;
}

/** What a followed registry does without a further approval. */
export function describeAutomatic(detail: Detail): string {
  const automatic = detail.part("automatic");
  const words = [
    ...(automatic.value("additions") === true ? ["adds new entries"] : []),
    ...(automatic.value("changes") === true ? ["applies small changes"] : []),
  ];
  return words.length === 0 ? "" : `, which ${joinWords(words)} by itself`;
}

/** Who approved the plan that a followed registry applies; empty: the change is not one of a followed registry. */
export function describeApprover(detail: Detail, nameOf: (id: string) => string): string {
  const approver = detail.text("approvedBy");
  if (approver === null) return "";
  return ` (approved by ${approver === "operator" ? "the operator" : nameOf(approver)})`;
}
