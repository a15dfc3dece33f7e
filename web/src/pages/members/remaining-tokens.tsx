import { useQuery } from "@tanstack/react-query";
import { tokensQuery, type WorkspaceMember } from "../../api/workspace.ts";
import { Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/use-now.ts";
import { isActive } from "../tokens/is-active.ts";

/** Says how many tokens a member has made that go on without the member; nothing if there are none. */
export function RemainingTokens({ slug, member }: { slug: string; member: WorkspaceMember }) {
  const { data } = useQuery(tokensQuery(slug));
  const now = useNow(60_000);
  const remaining = (data ?? []).filter(
    (token) =>
      member.userId !== null &&
      token.creator?.id === member.userId &&
      token.memberId !== member.id &&
      isActive(token, now),
  );
  if (remaining.length === 0) return null;
  const [tokens, go, values] =
    remaining.length === 1
      ? ["1 token", "It goes on working until it is", "its value"]
      : [`${remaining.length} tokens`, "They go on working until they are", "their values"];
  return (
    <Notice tone="warn">
      {member.name} made {tokens} for the workspace or for other members and has seen {values}. {go}{" "}
      rotated or revoked. The Tokens page marks what to rotate.
    </Notice>
  );
}
