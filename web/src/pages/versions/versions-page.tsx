import { useState } from "react";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { ConfigurationTab } from "./configuration-tab.tsx";
import { VersionList } from "./version-list.tsx";

const TABS = [
  { value: "versions", label: "Versions" },
  { value: "document", label: "As a document" },
] as const;

/** The versions of the workspace's configuration, and the configuration as one document. */
export function VersionsPage() {
  return (
    <RequirePermission action="audit.read">
      <Versions />
    </RequirePermission>
  );
}

function Versions() {
  const slug = useWorkspaceSlug();
  const [tab, setTab] = useState<(typeof TABS)[number]["value"]>("versions");
  return (
    <Page>
      <PageHeader title="Versions">
        Every change of servers, settings, rules and agents makes a version, to which you can go
        back. No version has a secret, a token or a sign-in.
      </PageHeader>
      <Tabs label="Versions and document" value={tab} onChange={setTab} tabs={TABS}>
        {tab === "versions" ? <VersionList slug={slug} /> : <ConfigurationTab slug={slug} />}
      </Tabs>
    </Page>
  );
}
