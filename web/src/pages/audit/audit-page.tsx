import { useCan } from "../../api/me.ts";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { CallsLog } from "./calls-log.tsx";
import { EventsLog } from "./events-log.tsx";
import { useAuditSearch } from "./use-audit-search.ts";

/** The audit log: calls and changes. A member without the permission sees only their own calls. */
export function AuditPage() {
  const slug = useWorkspaceSlug();
  const { search, set } = useAuditSearch();
  const canReadAll = useCan(slug, "audit.read");
  if (!canReadAll)
    return (
      <Page isWide>
        <PageHeader title="Your calls">
          Your calls through the gateway, with server, tool and outcome. Arguments and results are
          never recorded.
        </PageHeader>
        <CallsLog slug={slug} isMine />
      </Page>
    );
  return (
    <Page isWide>
      <PageHeader title="Audit log">
        {search.tab === "calls"
          ? "Every call through the gateway with its member, server, tool and outcome. Arguments and results are never recorded."
          : "Every change to this workspace, with who made it and what was there before."}
      </PageHeader>
      <Tabs
        label="Audit log"
        value={search.tab}
        onChange={(tab) => set({ tab, call: undefined, event: undefined })}
        tabs={[
          { value: "calls", label: "Calls" },
          { value: "events", label: "Changes" },
        ]}
      >
        {search.tab === "calls" ? (
          <CallsLog slug={slug} isMine={false} />
        ) : (
          <EventsLog slug={slug} />
        )}
      </Tabs>
    </Page>
  );
}
