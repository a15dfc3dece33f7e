import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import type { MarketplaceServer } from "../../../../workers/contract/api/marketplace.ts";
import type { Membership } from "../../../../workers/contract/api/people.ts";
import { meQuery } from "../../api/me.ts";
import { lazyComponent } from "../../load-code.ts";
import { lastWorkspace } from "../../shell/last-workspace.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/select.tsx";

/** Loaded for those who may ask for a server only. */
const RequestButton = lazyComponent(() => import("./request-button.tsx"), "RequestButton");

/** What a user can do with an entry in a workspace; null: nothing. */
function toWay({ actions }: Membership): "add" | "request" | null {
  if (actions.includes("server.manage")) return "add";
  return actions.includes("me.use") ? "request" : null;
}

/**
 * Adds a server of the marketplace to one of the user's workspaces, or asks the admins for it, by the role there. Nothing
 * for visitors, and for users without such a workspace.
 */
export function AddToWorkspace({ server }: { server: Pick<MarketplaceServer, "name"> }) {
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const memberships = me?.memberships.filter((one) => toWay(one) !== null) ?? [];
  const [chosen, setChosen] = useState(() => lastWorkspace.find(memberships));
  const membership =
    memberships.find(({ workspace }) => workspace.slug === chosen) ?? memberships[0];
  if (!membership) return null;
  const { slug } = membership.workspace;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {memberships.length > 1 && (
        <Select
          label="Workspace"
          className="max-w-56 min-w-0"
          value={slug}
          onChange={setChosen}
          choices={memberships.map(({ workspace }) => ({
            value: workspace.slug,
            label: workspace.name,
          }))}
        />
      )}
      {toWay(membership) === "add" ? (
        <Link
          to="/w/$slug/servers/new"
          params={{ slug }}
          search={{ from: server.name }}
          className={buttonClass("primary")}
        >
          <Plus className="size-4" aria-hidden />
          Add to workspace
        </Link>
      ) : (
        <Suspense>
          <RequestButton key={slug} slug={slug} entry={server.name} />
        </Suspense>
      )}
    </div>
  );
}
