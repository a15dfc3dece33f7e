import { useQuery } from "@tanstack/react-query";
import { serverFeaturesQuery } from "../../api/workspace.ts";

/** What the gateway repaired or left out of a server's lists; nothing if there are no warnings. */
export function CatalogueWarnings({ slug, server }: { slug: string; server: string }) {
  const { data } = useQuery(serverFeaturesQuery(slug, server));
  if (!data || data.warnings.length === 0) return null;
  return (
    <ul className="rounded-lg bg-warn-soft px-4 py-3 text-xs text-warn">
      {data.warnings.map((warning) => (
        <li key={warning}>{warning}</li>
      ))}
    </ul>
  );
}
