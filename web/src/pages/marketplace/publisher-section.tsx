import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { marketplacePublisherTopQuery } from "../../api/marketplace-publishers.ts";
import { Section } from "../../ui/page.tsx";
import type { CatalogueServer } from "./catalogue-server.ts";
import { BriefServerRow } from "./server-row.tsx";

const SHOWN = 6;

/** Other servers of a server's publisher; nothing without any, and nothing while they are unknown. */
export function PublisherSection({ server }: { server: CatalogueServer }) {
  const { publisher, name } = server;
  const { data } = useQuery(marketplacePublisherTopQuery(publisher, SHOWN + 1));
  const others = data?.items.filter((other) => other.name !== name).slice(0, SHOWN) ?? [];
  if (!data || others.length === 0) return null;
  return (
    <Section
      title="More of this publisher"
      actions={
        <Link
          to="/marketplace/publishers/$namespace"
          params={{ namespace: publisher }}
          className="link text-xs"
        >
          All {data.servers} servers
        </Link>
      }
    >
      <ul className="grid gap-px bg-line lg:grid-cols-2 [&>li]:bg-panel">
        {others.map((other) => (
          <BriefServerRow key={other.name} server={other} />
        ))}
      </ul>
    </Section>
  );
}
