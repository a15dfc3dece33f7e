import { Suspense } from "react";
import { lazyComponent } from "../../../load-code.ts";
import { RequirePermission } from "../../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../../ui/page.tsx";
import { LoadingState } from "../../../ui/states.tsx";

// The parsers of all formats, which a person without the permission does not need.
const ImportForm = lazyComponent(() => import("./import-form.tsx"), "ImportForm");

/** Adds the servers that a team has in the file of a client or in another gateway. */
export function ImportPage() {
  const slug = useWorkspaceSlug();
  return (
    <RequirePermission action="server.manage">
      <Page>
        <PageHeader title="Import servers">
          From the file of a client, or the export of Docker’s MCP gateway, MetaMCP, MCPHub, 1mcp or
          ContextForge. The file is read in this browser.
        </PageHeader>
        <Suspense fallback={<LoadingState lines={6} />}>
          <ImportForm key={slug} slug={slug} />
        </Suspense>
      </Page>
    </RequirePermission>
  );
}
