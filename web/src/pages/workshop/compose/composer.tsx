import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import type { PackValues } from "../../../../../workers/contract/marketplace/install/pack.ts";
import { packOf } from "../../../../../workers/contract/marketplace/install/pack.ts";
import { meQuery } from "../../../api/me.ts";
import { lazyComponent } from "../../../load-code.ts";
import { EmptyState, LoadingState } from "../../../ui/states.tsx";
import { PickServers } from "./pick-servers.tsx";
import { PickedList } from "./picked-list.tsx";
import { SizeCheck } from "./size-check.tsx";
import { usePicked, type Pick, type Start } from "./use-picked.ts";

const PackView = lazyComponent(() => import("../../marketplace/pack-view.tsx"), "PackView");
const ShareSection = lazyComponent(() => import("./share-section.tsx"), "ShareSection");
/** Loaded for signed-in people only. */
const ApplyComposition = lazyComponent(() => import("./apply-composition.tsx"), "ApplyComposition");

/** Picks servers, checks them together, and gives one configuration, a link, and a way into a workspace. */
export function Composer({ start }: { start: Start }) {
  const [picks, setPicks] = useState<Pick[]>(start.picks);
  const [values, setValues] = useState<PackValues>(start.values);
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const picked = usePicked(picks);
  const documents = picked.flatMap(({ document }) => document ?? []);
  const { servers: named } = packOf(documents, "claude-code", {});
  const keyOf = (name: string) => named.find((server) => server.name === name)?.key;
  return (
    <>
      <PickServers
        chosen={new Set(picked.map(({ name }) => name))}
        onPick={(pick) => setPicks((old) => [...old, pick])}
      />
      {picked.length === 0 ? (
        <EmptyState title="No server picked yet">
          <p>Search the catalogue above, or take servers of a workspace of yours.</p>
        </EmptyState>
      ) : (
        <>
          <PickedList
            servers={picked}
            keyOf={keyOf}
            onRemove={(name) =>
              setPicks((old) => old.filter((_, index) => picked[index]?.name !== name))
            }
          />
          <SizeCheck servers={picked} keyOf={keyOf} />
          {documents.length > 0 && (
            <>
              <Suspense fallback={<LoadingState lines={4} />}>
                <PackView
                  title="One configuration for"
                  documents={documents}
                  values={values}
                  onValue={(name, id, value) =>
                    setValues((old) => ({ ...old, [name]: { ...old[name], [id]: value } }))
                  }
                />
              </Suspense>
              <Suspense fallback={<LoadingState lines={3} />}>
                <ShareSection servers={picked} values={values} />
              </Suspense>
              {me !== undefined && (
                <Suspense fallback={<LoadingState lines={3} />}>
                  <ApplyComposition servers={picked} keyOf={keyOf} values={values} />
                </Suspense>
              )}
            </>
          )}
        </>
      )}
    </>
  );
}
