import { useQuery } from "@tanstack/react-query";
import { serverFeaturesQuery } from "../../api/workspace.ts";
import { WarningList } from "./warning-list.tsx";

/** The warnings of a server's last listing. */
export function CatalogueWarnings({ slug, server }: { slug: string; server: string }) {
  const { data } = useQuery(serverFeaturesQuery(slug, server));
  return <WarningList warnings={data?.warnings ?? []} className="rounded-lg py-3" />;
}
