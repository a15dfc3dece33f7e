import { Page, PageHeader } from "../../ui/page.tsx";

/** The marketplace: its front page, and the search. */
export function MarketplacePage() {
  return (
    <Page>
      <PageHeader title="Marketplace">
        MCP servers with a score that is made from evidence.
      </PageHeader>
    </Page>
  );
}
