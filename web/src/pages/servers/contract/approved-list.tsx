import { useState } from "react";
import type { ServerContract } from "../../../../../workers/contract/api/contracts.ts";
import { Button } from "../../../ui/button.tsx";
import { DisplayName } from "../../../ui/display-name.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";
import { Time } from "../../../ui/time.tsx";
import { DefinitionText } from "./definition-text.tsx";
import { KIND_LABELS, toChangeId } from "./describe-change.ts";

/** Definitions that are shown at first, and with each further click. */
const PAGE_SIZE = 50;

/** The approved definitions of a server, with who approved each and when. */
export function ApprovedList({ contract }: { contract: ServerContract }) {
  const { definitions, digest } = contract;
  const [shown, setShown] = useState(PAGE_SIZE);
  return (
    <Section
      title="Approved definitions"
      hint={
        <>
          {pluralize(definitions.length, "definition")}.
          {digest !== null && (
            <>
              {" "}
              Digest of the contract: <code className="wrap-anywhere">{digest.slice(0, 16)}…</code>
            </>
          )}
        </>
      }
    >
      <ul className="divide-y divide-line">
        {definitions.slice(0, shown).map((definition) => {
          const { kind, key, approvedAt, approvedBy, json } = definition;
          return (
            <li key={toChangeId(definition)} className="flex flex-col gap-1 px-4 py-2.5">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <span className="text-xs text-dim">{KIND_LABELS[kind]}</span>
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
    </Section>
  );
}
