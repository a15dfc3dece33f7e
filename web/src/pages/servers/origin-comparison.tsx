import { useQuery } from "@tanstack/react-query";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { marketplaceComparisonQuery } from "../../api/marketplace-versions.ts";
import { ChangeList } from "../marketplace/change-list.tsx";

/** What has changed since a version of an entry; nothing while or where that is not known. */
export function OriginComparison({ name, from }: { name: string; from: string }) {
  const { data } = useQuery(marketplaceComparisonQuery(name, from));
  if (!data?.changes) return null;
  return (
    <div className="mt-2 flex flex-col gap-1.5">
      <p className="font-medium">Changes since version {escapeLine(from)}</p>
      <ChangeList changes={data.changes} />
    </div>
  );
}
