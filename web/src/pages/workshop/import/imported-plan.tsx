import { useQuery } from "@tanstack/react-query";
import { Suspense, useMemo } from "react";
import { readImport } from "../../../../../client-config/import/read-import.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { hostingCatalogueQuery } from "../../../api/hosting.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Button } from "../../../ui/button.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Loaded, LoadingState } from "../../../ui/states.tsx";
import { toItems } from "./to-items.ts";

const ApplyPlan = lazyComponent(() => import("../apply/apply-plan.tsx"), "ApplyPlan");

/** The text that is imported. */
export interface Source {
  text: string;
  fileName: string | undefined;
}

/** The plan of a text that was read: its servers, and what cannot be taken. */
export function ImportedPlan(props: { slug: string; source: Source; onBack: () => void }) {
  const { slug, source, onBack } = props;
  const hosting = useQuery(hostingCatalogueQuery);
  const reading = useMemo(() => readImport(source.text, source.fileName), [source]);
  const { servers, notes } = reading;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm">
          Read as: {reading.source}, {pluralize(servers.length, "server")}.
        </p>
        <Button onClick={onBack}>Read another file</Button>
      </div>
      {notes.length > 0 && (
        <Notice tone={servers.length === 0 ? "warn" : "info"}>
          <ul className="flex flex-col gap-1">
            {notes.map((note) => (
              <li key={note}>{escapeHidden(note)}</li>
            ))}
          </ul>
        </Notice>
      )}
      {servers.length > 0 && (
        <Loaded query={hosting} lines={4}>
          {({ items }) => (
            <Suspense fallback={<LoadingState lines={4} />}>
              <ApplyPlan items={toItems(servers, items)} workspace={slug} />
            </Suspense>
          )}
        </Loaded>
      )}
    </>
  );
}
