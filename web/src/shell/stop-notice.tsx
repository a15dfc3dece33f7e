import { Suspense } from "react";
import type { Membership } from "../../../workers/contract/api/people.ts";
import { lazyComponent } from "../load-code.ts";

const StopBanner = lazyComponent(() => import("./stop-banner.tsx"), "StopBanner");
const Suspended = lazyComponent(() => import("./suspended.tsx"), "Suspended");

/** Says that the signed-in member is suspended, or that all calls of the workspace are stopped. */
export function StopNotice({ membership }: { membership: Membership }) {
  return (
    <Suspense>
      {membership.suspendedAt === null ? (
        <StopBanner slug={membership.workspace.slug} />
      ) : (
        <Suspended membership={membership} />
      )}
    </Suspense>
  );
}
