import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCan } from "../api/me.ts";
import { workspaceQuery } from "../api/workspace.ts";
import { DisplayName } from "../ui/display-name.tsx";
import { Notice } from "../ui/notice.tsx";
import { Time } from "../ui/time.tsx";

const REFRESH_MS = 30_000;

/** Tells everybody in the workspace that its calls are stopped, with who stopped them and since when; nothing while they are not. */
export function StopBanner({ slug }: { slug: string }) {
  const { data } = useQuery({ ...workspaceQuery(slug), refetchInterval: REFRESH_MS });
  const canLift = useCan(slug, "calls.stop");
  if (!data?.stopped) return null;
  return (
    <div className="mb-5">
      <Notice tone="warn">
        <DisplayName name={data.stopped.by} /> stopped all calls in this workspace{" "}
        <Time at={data.stopped.at} />. Every client is refused.{" "}
        {canLift ? (
          <Link to="/w/$slug/stop" params={{ slug }} className="underline">
            Lift the stop
          </Link>
        ) : (
          "An owner or admin can lift the stop."
        )}
      </Notice>
    </div>
  );
}
