import type { UsageTotal } from "../../../../workers/contract/api/usage.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { markLeft } from "../audit/words.ts";

/** The dimensions by which the overview splits usage. */
export type Split = "server" | "tool" | "member" | "client";

type Named = Pick<
  UsageTotal,
  "memberId" | "memberName" | "hasMemberLeft" | "serverSlug" | "serverName" | "toolName"
>;

/** A person's name, marked after removal; "Workspace tokens" for calls of none. */
export function toMemberLabel({ memberId, memberName, hasMemberLeft }: Named): string {
  if (memberId === null) return "Workspace tokens";
  return escapeLine(markLeft(memberName ?? "Unknown member", hasMemberLeft));
}

/** A server's name; its slug if the server was removed. */
function toServerLabel({ serverSlug, serverName }: Named): string {
  return serverSlug === null ? "No server" : escapeLine(serverName ?? serverSlug);
}

/** A tool's own name after its server's slug. */
export function toToolLabel({ serverSlug, toolName }: Named): string {
  return escapeLine(`${serverSlug ?? "?"}: ${toolName ?? "other methods"}`);
}

/** What tells a total from all others. Two people or servers can have the same label. */
export function toTotalKey(total: UsageTotal): string {
  const { memberId, serverSlug, toolName, clientName, clientVersion } = total;
  return JSON.stringify([memberId, serverSlug, toolName, clientName, clientVersion]);
}

/** What a total belongs to, in words. */
export function toTotalLabel(total: UsageTotal, by: Split): string {
  switch (by) {
    case "server":
      return toServerLabel(total);
    case "tool":
      return toToolLabel(total);
    case "member":
      return toMemberLabel(total);
    case "client":
      return escapeLine(
        `${total.clientName ?? "Client without a name"} ${total.clientVersion ?? ""}`.trim(),
      );
  }
}
