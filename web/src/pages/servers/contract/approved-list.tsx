import { useState } from "react";
import type { ServerContract } from "../../../../../workers/contract/api/contracts.ts";
import { Button } from "../../../ui/button.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";
import { Time } from "../../../ui/time.tsx";
import { LONG_LIST, useDefinitionFilter } from "./definition-filter.tsx";
import { DefinitionText } from "./definition-text.tsx";
import { countKinds, describeCounts, KIND_PLURALS, toChangeId } from "./describe-change.ts";

/** Definitions that are shown at first, and with each further click. */
const PAGE_SIZE = 50;

/** The approved definitions of a server by kind, with who approved each and when. A long list is folded. */
export function ApprovedList({ contract }: { contract: ServerContract }) {
  const { definitions, digest } = contract;
  const { found, bar, isLong } = useDefinitionFilter(definitions, "definitions");
  return (
    <Section
      title="Approved definitions"
      hint={
        <>
          {pluralize(definitions.length, "definition")}
          {definitions.length > 0 && `: ${describeCounts(definitions)}`}.
          {digest !== null && (
            <>
              {" "}
              Digest of the contract: <code className="wrap-anywhere">{digest.slice(0, 16)}…</code>
            </>
          )}
        </>
      }
    >
      {bar}
      {countKinds(found).map(({ kind, count }) => (
        <details
          // Opened again when the filter leaves few.
          key={`${kind} ${count <= LONG_LIST}`}
          open={!isLong || count <= LONG_LIST}
          className="border-b border-line last:border-b-0"
        >
          <summary className="px-4 py-2.5 font-medium">
            {KIND_PLURALS[kind]} <span className="font-normal text-dim">{count}</span>
          </summary>
          <DefinitionItems definitions={found.filter((one) => one.kind === kind)} />
        </details>
      ))}
      {found.length === 0 && isLong && (
        <p className="px-4 py-3 text-dim">No definition has such a name.</p>
      )}
    </Section>
  );
}

function DefinitionItems({ definitions }: Pick<ServerContract, "definitions">) {
  const [shown, setShown] = useState(PAGE_SIZE);
  return (
    <>
      <ul className="divide-y divide-line border-t border-line">
        {definitions.slice(0, shown).map((definition) => {
          const { key, approvedAt, approvedBy, json } = definition;
          return (
            <li key={toChangeId(definition)} className="flex flex-col gap-1 px-4 py-2.5">
              <p className="flex flex-wrap items-baseline gap-x-2">
                {key !== "" && (
                  <code className="text-xs wrap-anywhere">
                    <ForeignName name={key} />
                  </code>
                )}
                <span className="text-xs text-dim">
                  Approved <Time at={approvedAt} />{" "}
                  {approvedBy ? (
                    <>
                      by <DisplayName name={approvedBy.name ?? approvedBy.id} />
                    </>
                  ) : (
                    "with the first look at the server"
                  )}
                </span>
              </p>
              <DefinitionText title="Definition" json={json} />
            </li>
          );
        })}
      </ul>
      {definitions.length > shown && (
        <div className="border-t border-line px-4 py-3">
          <Button onClick={() => setShown(shown + PAGE_SIZE)}>Show more</Button>
        </div>
      )}
    </>
  );
}
