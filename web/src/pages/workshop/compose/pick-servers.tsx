import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { meQuery } from "../../../api/me.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Section } from "../../../ui/page.tsx";
import { ServerPicker } from "../../curation/server-picker.tsx";
import type { Pick } from "./use-picked.ts";

/** Loaded for signed-in people only. */
const WorkspacePicker = lazyComponent(() => import("./workspace-picker.tsx"), "WorkspacePicker");

interface Props {
  /** Names of picked servers. */
  chosen: ReadonlySet<string>;
  onPick: (pick: Pick) => void;
}

/** Picks servers from the catalogue, or from the person’s workspaces. */
export function PickServers({ chosen, onPick }: Props) {
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const hasWorkspace = (me?.memberships.length ?? 0) > 0;
  return (
    <Section title="Pick servers">
      <div className="flex flex-col gap-4 p-4">
        <ServerPicker
          label="From the catalogue"
          chosen={chosen}
          onChoose={({ name }) => onPick({ from: "catalogue", name })}
        />
        {hasWorkspace && (
          <Suspense>
            <WorkspacePicker chosen={chosen} onPick={onPick} />
          </Suspense>
        )}
      </div>
    </Section>
  );
}
