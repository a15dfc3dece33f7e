import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { marketplaceServerQuery } from "../../api/marketplace.ts";
import { ForeignName } from "../../ui/foreign-name.tsx";
import { Page, PageHeader } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";

const route = getRouteApi("/everybody/marketplace/$namespace/$name");

/** A server of the marketplace. */
export function MarketplaceServerPage() {
  const { namespace, name } = route.useParams();
  const server = useQuery(marketplaceServerQuery(namespace, name));
  return (
    <Loaded query={server}>
      {(entry) => {
        const title = entry.title ?? entry.name;
        return (
          <Page>
            <PageHeader title={<ForeignName name={title} />} documentTitle={title}>
              {entry.description}
            </PageHeader>
          </Page>
        );
      }}
    </Loaded>
  );
}
