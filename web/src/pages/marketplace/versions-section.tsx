import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { MarketplaceVersion } from "../../../../workers/contract/api/marketplace-versions.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { marketplaceVersionsQuery } from "../../api/marketplace-versions.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Day } from "../../ui/time.tsx";
import { ChangeList } from "./change-list.tsx";
import { describeSource } from "./describe-source.ts";

const SHOWN = 5;

/** The versions of a server that the marketplace has seen, with what each has changed. */
export function VersionsSection({ name }: { name: string }) {
  const query = useQuery(marketplaceVersionsQuery(name));
  const [isAll, setIsAll] = useState(false);
  return (
    <Section
      title="Versions"
      hint="What each version has changed. Changes of where the server runs, what it runs and what it asks for come first."
    >
      <Loaded query={query} lines={2}>
        {({ items }) => (
          <>
            <ol className="divide-y divide-line">
              {(isAll ? items : items.slice(0, SHOWN)).map((version, place) => (
                <VersionRow key={items.length - place} version={version} isPresent={place === 0} />
              ))}
            </ol>
            {!isAll && items.length > SHOWN && (
              <div className="border-t border-line p-3 text-center">
                <Button size="sm" onClick={() => setIsAll(true)}>
                  Show all {items.length} versions
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function VersionRow({
  version: of,
  isPresent,
}: {
  version: MarketplaceVersion;
  isPresent: boolean;
}) {
  const { version, source, publishedAt, seenAt, changes } = of;
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 text-sm">
        <span className="min-w-0 wrap-anywhere">
          {version === null ? (
            <span className="text-dim italic">No version stated</span>
          ) : (
            <code className="font-mono font-medium">{escapeLine(version)}</code>
          )}
          {isPresent && <span className="text-dim"> (present)</span>}
        </span>
        <span className="text-xs text-dim">
          {publishedAt !== null && (
            <>
              published <Day at={publishedAt} />
              {seenAt !== null && ", "}
            </>
          )}
          {seenAt !== null && (
            <>
              seen <Day at={seenAt} />
            </>
          )}
          {source !== null && ` (${describeSource(source)})`}
        </span>
      </p>
      {changes === null ? (
        <p className="text-xs text-dim">What it changed is not known.</p>
      ) : (
        <ChangeList changes={changes} />
      )}
    </li>
  );
}
