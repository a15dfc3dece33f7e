import type { ToolCall } from "../../../../workers/contract/api/resources.ts";

/** What the token of a call is called. Temporary tokens of the dashboard are deleted when their page closes. */
export function toTokenLabel({
  tokenId,
  tokenLabel,
}: Pick<ToolCall, "tokenId" | "tokenLabel">): string {
  if (tokenId === null) return "None";
  if (tokenId.startsWith("tmp_")) return "The dashboard’s own";
  return tokenLabel ?? tokenId;
}
