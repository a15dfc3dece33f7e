import { getRouteApi } from "@tanstack/react-router";
import { useCan } from "../../api/me.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { HostingCatalogueList } from "../hosting/hosting-catalogue-list.tsx";
import { AddFromEntry } from "./add-from-entry.tsx";
import { AddServerForm } from "./add-server-form.tsx";

const route = getRouteApi("/signed-in/w/$slug/servers/new");
const SOURCES = [
  { value: "url", label: "Connect by URL" },
  { value: "catalogue", label: "Host a server" },
] as const;

/** Adds a server by URL, from an entry of the marketplace, or deploys one from the hosting catalogue. */
export function AddServerPage() {
  const slug = useWorkspaceSlug();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const sources = useCan(slug, "hosting.manage") ? SOURCES : SOURCES.slice(0, 1);
  const source = sources.find(({ value }) => value === search.source)?.value ?? "url";
  if (search.from !== undefined)
    return (
      <RequirePermission action="server.manage">
        <Page>
          <PageHeader title="Add a server" />
          <AddFromEntry slug={slug} from={search.from} request={search.request} />
        </Page>
      </RequirePermission>
    );
  return (
    <RequirePermission action="server.manage">
      <Page>
        <PageHeader title="Add a server">
          {source === "url"
            ? "Connect any MCP server that supports Streamable HTTP or HTTP+SSE."
            : "Deploy a server from the catalogue to a container host."}
        </PageHeader>
        <Tabs
          label="Server source"
          value={source}
          onChange={(next) =>
            void navigate({
              search: { source: next === "catalogue" ? next : undefined },
              replace: true,
            })
          }
          tabs={sources}
        >
          {source === "url" ? (
            <AddServerForm />
          ) : (
            <HostingCatalogueList
              slug={slug}
              q={search.q ?? ""}
              onSearch={(q) => void navigate({ search: (old) => ({ ...old, q }), replace: true })}
            />
          )}
        </Tabs>
      </Page>
    </RequirePermission>
  );
}
