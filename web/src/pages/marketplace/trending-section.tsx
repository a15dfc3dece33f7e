import { useQuery } from "@tanstack/react-query";
import { marketplaceTrendingQuery } from "../../api/marketplace-installs.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { BriefServerRow } from "./server-row.tsx";

const SHOWN = 8;

/** The servers whose installs have grown most; nothing without any, and nothing while they are unknown. */
export function TrendingSection() {
  const { data } = useQuery(marketplaceTrendingQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <Section title="Trending" hint="Installed more often in the last 7 days than before">
      <ul className="grid gap-px bg-line lg:grid-cols-2 [&>li]:bg-panel">
        {data.items.slice(0, SHOWN).map((server) => (
          <BriefServerRow key={server.name} server={server}>
            <p className="text-xs text-dim">{formatCount(server.installs)} installs</p>
          </BriefServerRow>
        ))}
      </ul>
    </Section>
  );
}
