import { useQuery } from "@tanstack/react-query";
import { comparisonQuery } from "../../api/versions.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/states.tsx";
import { ComparedChanges } from "../servers/contract/compared-changes.tsx";
import { Differences } from "./differences.tsx";

interface Props {
  slug: string;
  from: number;
  to: number;
  onClose: () => void;
}

/** What differs between two versions. */
export function ComparisonDialog({ slug, from, to, onClose }: Props) {
  const query = useQuery(comparisonQuery(slug, from, to));
  return (
    <Dialog isOpen isWide onClose={onClose} title={`Version ${from} and version ${to}`}>
      <Loaded query={query}>
        {({ differences, contracts }) => (
          <div className="flex flex-col gap-5 text-sm text-ink">
            <Differences differences={differences} />
            {contracts.map(({ slug: server, changes }) => (
              <section key={server} className="flex flex-col gap-2">
                <h3 className="font-medium wrap-anywhere">Approved definitions of {server}</h3>
                <ComparedChanges changes={changes} />
              </section>
            ))}
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
