import { useQuery } from "@tanstack/react-query";
import type { SourceFreshness } from "../../../../workers/contract/api/marketplace-freshness.ts";
import { marketplaceFreshnessQuery } from "../../api/marketplace-freshness.ts";
import { pluralize } from "../../ui/format-numbers.ts";
import { Time } from "../../ui/time.tsx";
import { describeSource } from "./describe-source.ts";

/** Which registries the marketplace's data is from, and how current it is; nothing without any. */
export function Freshness() {
  const { data } = useQuery(marketplaceFreshnessQuery);
  if (!data || data.items.length === 0) return null;
  return (
    <ul aria-label="Sources" className="flex flex-col gap-1 text-xs text-dim">
      {data.items.map((source) => (
        <li key={source.name}>
          Data from {source.name === "github" ? "" : "the "}
          {describeSource(source.name)}. <State of={source} />
        </li>
      ))}
    </ul>
  );
}

function State({ of: { syncedAt, running, hasFailed } }: { of: SourceFreshness }) {
  if (running && syncedAt === null)
    return (
      <>The first sync is in progress: {pluralize(running.entries, "entry", "entries")} so far.</>
    );
  if (syncedAt === null)
    return (
      <>{hasFailed ? "The first sync failed. It is tried again." : "The first sync begins soon."}</>
    );
  return (
    <>
      Synced <Time at={syncedAt} />
      {running ? ", a sync is in progress." : hasFailed ? "; the last sync failed." : "."}
    </>
  );
}
