import { Fragment, type ReactNode } from "react";
import type { CompositionItem } from "../../../../../workers/contract/composition/composition.ts";
import { shareValues } from "../../../../../workers/contract/composition/shared-values.ts";
import type { PackServer } from "../../../../../workers/contract/marketplace/install/pack.ts";
import {
  escapeHidden,
  escapeLine,
} from "../../../../../workers/contract/text/hidden-characters.ts";
import { Notice } from "../../../ui/notice.tsx";
import { ServerTitle } from "./picked-list.tsx";
import type { PickedServer } from "./use-picked.ts";

interface Props {
  server: PickedServer;
  /** What the link says of it. */
  shared: CompositionItem | undefined;
  /** Undefined: it cannot be used. */
  packed: PackServer | undefined;
  /** Why it cannot be used; null: it can, or it is not known. */
  leftOut: string | null;
}

/** A server of a shared link: its command or address with every argument, variable and header, and what speaks against it. */
export function PlannedServer({ server, shared, packed, leftOut }: Props) {
  const problem = server.problem ?? leftOut ?? packed?.danger ?? null;
  const warnings = packed?.warnings.filter((warning) => warning !== packed.danger) ?? [];
  const { document } = server;
  const version = document?.version ?? null;
  const held = shared?.from === "catalogue" ? Object.fromEntries(shared.values) : {};
  const { values, leftOut: refused } = document
    ? shareValues(document, held)
    : { values: Object.entries(held), leftOut: [] };
  const isOther = shared?.from === "catalogue" && document !== null && shared.version !== version;
  return (
    <li className="flex flex-col gap-2.5 px-4 py-3.5">
      <h3 className="flex flex-wrap items-center gap-2">
        <ServerTitle server={server} />
      </h3>
      {problem !== null && (
        <Notice tone="warn">
          <p className="font-medium">It is left out.</p>
          <p>{escapeHidden(problem)}</p>
        </Notice>
      )}
      {isOther && (
        <p className="text-sm text-warn wrap-anywhere">
          The link was made with version {escapeLine(shared.version ?? "unknown")}; the catalogue
          has {escapeLine(version ?? "no version")}.
        </p>
      )}
      {refused.length > 0 && (
        <p className="text-sm text-warn wrap-anywhere">
          Not used, because no link may hold them:{" "}
          {refused.map((name) => escapeLine(name)).join(", ")}. The link was made by hand.
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="text-sm text-warn wrap-anywhere">
          {escapeHidden(warning)}
        </p>
      ))}
      <dl className="grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[8rem_minmax(0,1fr)]">
        {packed && <Setup packed={packed} />}
        {values.length > 0 && (
          <Fact term="Values in the link" lines={values.map(([id, value]) => `${id} = ${value}`)} />
        )}
        {!packed && shared?.from === "address" && (
          <Fact term="Connects to" lines={[shared.url, ...shared.headers]} />
        )}
        {packed && packed.variables.length > 0 && (
          <Fact
            term="You enter"
            lines={packed.variables.map(
              ({ name, isRequired, isSecret }) =>
                `${name} (${isRequired ? "required" : "optional"}${isSecret ? ", secret" : ""})`,
            )}
          />
        )}
      </dl>
    </li>
  );
}

function Setup({ packed: { key, setup } }: { packed: PackServer }) {
  const slots = (setup.kind === "program" ? setup.env : setup.headers).map(
    ({ name, text }) => `${name} = ${text}`,
  );
  return (
    <>
      <Fact term="Name in clients" lines={[key]} />
      {setup.kind === "program" ? (
        <Fact term="Runs" lines={[setup.command, ...setup.options, ...setup.args]} />
      ) : (
        <Fact term="Connects to" lines={[setup.url]} />
      )}
      {slots.length > 0 && (
        <Fact term={setup.kind === "program" ? "Environment" : "Headers"} lines={slots} />
      )}
    </>
  );
}

/** One line for each word, so that none is hidden behind another. */
function Fact({ term, lines }: { term: string; lines: string[] }): ReactNode {
  return (
    <>
      <dt className="text-dim">{term}</dt>
      <dd className="min-w-0 font-mono text-xs leading-5 wrap-anywhere">
        {lines.map((line, index) => (
          // Words of a command can be there twice.
          // oxlint-disable-next-line react/no-array-index-key
          <Fragment key={index}>
            {index > 0 && <br />}
            {escapeLine(line)}
          </Fragment>
        ))}
      </dd>
    </>
  );
}
