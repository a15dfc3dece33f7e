import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Version } from "../../../../workers/contract/api/versions.ts";
import { useCan } from "../../api/me.ts";
import { versionsQuery } from "../../api/versions.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Badge, Section } from "../../ui/page.tsx";
import { ShowMore } from "../../ui/show-more.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { ComparisonDialog } from "./comparison-dialog.tsx";
import { RestoreDialog } from "./restore-dialog.tsx";
import { VersionDialog } from "./version-dialog.tsx";

type Shown = { kind: "view" | "restore"; number: number } | { kind: "compare" };

/** The versions, newest first: two of them can be compared, and one can be viewed or gone back to. */
export function VersionList({ slug }: { slug: string }) {
  const query = useInfiniteQuery(versionsQuery(slug));
  const [picked, setPicked] = useState<number[]>([]);
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const [from, to] = picked.toSorted((one, other) => one - other);
  // The oldest of three that are picked is let go.
  const pick = (number: number, isPicked: boolean) =>
    setPicked((before) =>
      isPicked ? [...before, number].slice(-2) : before.filter((one) => one !== number),
    );
  return (
    <>
      <Section
        title="Versions"
        hint="Pick two to compare them."
        actions={
          <Button disabled={to === undefined} onClick={() => setShown({ kind: "compare" })}>
            Compare
          </Button>
        }
      >
        <Loaded query={query}>
          {({ pages }) => {
            const versions = pages.flatMap(({ items }) => items);
            return versions.length === 0 ? (
              <EmptyState title="No versions yet">
                <p>The first change of this workspace makes one.</p>
              </EmptyState>
            ) : (
              <ul aria-label="Versions" className="divide-y divide-line">
                {versions.map((version, index) => (
                  <Row
                    key={version.number}
                    slug={slug}
                    version={version}
                    isNewest={index === 0}
                    isPicked={picked.includes(version.number)}
                    onPick={(isPicked) => pick(version.number, isPicked)}
                    onShow={(kind) => setShown({ kind, number: version.number })}
                  />
                ))}
              </ul>
            );
          }}
        </Loaded>
        <ShowMore query={query} />
      </Section>
      {shown?.kind === "compare" && from !== undefined && to !== undefined && (
        <ComparisonDialog slug={slug} from={from} to={to} onClose={close} />
      )}
      {shown?.kind === "view" && (
        <VersionDialog slug={slug} number={shown.number} onClose={close} />
      )}
      {shown?.kind === "restore" && (
        <RestoreDialog slug={slug} number={shown.number} onClose={close} />
      )}
    </>
  );
}

interface RowProps {
  slug: string;
  version: Version;
  isNewest: boolean;
  isPicked: boolean;
  onPick: (isPicked: boolean) => void;
  onShow: (kind: "view" | "restore") => void;
}

function Row({ slug, version, isNewest, isPicked, onPick, onShow }: RowProps) {
  const canRestore = useCan(slug, "workspace.configure");
  const { number, summary, createdAt } = version;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <Checkbox label={`Compare version ${number}`} isChecked={isPicked} onChange={onPick} />
      <div className="min-w-0 flex-1 basis-64">
        <p className="wrap-anywhere">{summary}</p>
        <p className="flex flex-wrap items-center gap-2 text-xs text-dim">
          Version {number} <Time at={createdAt} />
          {isNewest && <Badge tone="ok">in force</Badge>}
        </p>
      </div>
      <div className="flex gap-2">
        <Button size="sm" aria-label={`View version ${number}`} onClick={() => onShow("view")}>
          View
        </Button>
        {canRestore && !isNewest && (
          <Button
            size="sm"
            aria-label={`Go back to version ${number}`}
            onClick={() => onShow("restore")}
          >
            Go back
          </Button>
        )}
      </div>
    </li>
  );
}
