import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { followedServersQuery } from "../../api/follows.ts";
import { useCan } from "../../api/me.ts";
import { Notice } from "../../ui/notice.tsx";

/** Which followed registry keeps a server, and whether its entry is gone; nothing for other servers. */
export function FollowNotice({ slug, server }: { slug: string; server: string }) {
  const mayRead = useCan(slug, "follow.read");
  const { data } = useQuery({ ...followedServersQuery(slug), enabled: mayRead });
  const kept = data?.find((one) => one.server === server);
  if (!kept) return null;
  const link = (
    <Link to="/w/$slug/followed-registries" params={{ slug }} className="underline">
      {escapeLine(kept.follow.url)}
    </Link>
  );
  if (kept.isGone)
    return (
      <Notice tone="warn">
        No longer in the registry it came from: {link} does not have the entry{" "}
        {escapeLine(kept.entry)} any more. The server stays until an admin approves its removal.
      </Notice>
    );
  return (
    <>
      <p className="text-xs text-dim wrap-anywhere">
        Kept by the followed registry {link}, as {escapeLine(kept.entry)}
        {kept.version !== null && `, version ${escapeLine(kept.version)}`}.
      </p>
      {kept.deprecated !== null && (
        <Notice tone="warn">
          The followed registry says that it is deprecated.{" "}
          {kept.deprecated !== "" && `“${escapeLine(kept.deprecated)}”`}
        </Notice>
      )}
    </>
  );
}
