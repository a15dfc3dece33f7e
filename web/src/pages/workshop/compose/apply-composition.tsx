import { useQuery } from "@tanstack/react-query";
import type { PackValues } from "../../../../../workers/contract/marketplace/install/pack.ts";
import { hostingCatalogueQuery } from "../../../api/hosting.ts";
import { Loaded } from "../../../ui/states.tsx";
import { toApplyItem } from "../apply/apply-item.ts";
import { ApplyPlan } from "../apply/apply-plan.tsx";
import type { PickedServer } from "./use-picked.ts";

interface Props {
  servers: PickedServer[];
  keyOf: (name: string) => string | undefined;
  values: PackValues;
}

/** Adds the servers of a composition to a workspace. */
export function ApplyComposition({ servers, keyOf, values }: Props) {
  const hosting = useQuery(hostingCatalogueQuery);
  return (
    <Loaded query={hosting} lines={3}>
      {({ items: hosted }) => {
        const items = servers.flatMap(({ name, document, tools }) => {
          if (!document) return [];
          const key = keyOf(name) ?? name.slice(name.indexOf("/") + 1);
          const server = { key, document, tools: tools?.map((tool) => tool.name) ?? null };
          return [toApplyItem(server, values[name] ?? {}, hosted)];
        });
        // The fields begin with what was typed above until then.
        const typed = JSON.stringify(items.map(({ key, initial }) => [key, initial]));
        return <ApplyPlan key={typed} items={items} />;
      }}
    </Loaded>
  );
}
