import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  decodeComposition,
  type ReadComposition,
} from "../../../../../workers/contract/composition/composition-link.ts";
import type { Composition } from "../../../../../workers/contract/composition/composition.ts";
import { shareValues } from "../../../../../workers/contract/composition/shared-values.ts";
import type { ClientId } from "../../../../../workers/contract/marketplace/install/clients.ts";
import { packOf } from "../../../../../workers/contract/marketplace/install/pack.ts";
import { describeError } from "../../../api/api-error.ts";
import { shareQuery } from "../../../api/workshop-shares.ts";
import { Button } from "../../../ui/button.tsx";
import { Field } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import { Select } from "../../../ui/select.tsx";
import { EmptyState, LoadingState } from "../../../ui/states.tsx";
import { lastClient, SHOWN_CLIENTS } from "../../marketplace/shown-clients.ts";
import { PlannedServer } from "./planned-server.tsx";
import { toStart, usePicked, type Start } from "./use-picked.ts";

interface Props {
  /** The id of a stored composition. */
  share: string | undefined;
  /** The text of the link's fragment. */
  link: string | null;
  onAccept: (start: Start) => void;
}

/** A shared link as a plan: all that it would run or connect to, before anything can be copied. */
export function SharedPlan({ share, link, onAccept }: Props) {
  const stored = useQuery({ ...shareQuery(share ?? ""), enabled: share !== undefined });
  const held = useQuery({
    queryKey: ["workshop", "link", link],
    queryFn: () => decodeComposition(link ?? ""),
    enabled: share === undefined,
    staleTime: Infinity,
  });
  const read: ReadComposition | undefined =
    share === undefined
      ? held.data
      : stored.isError
        ? { composition: null, problem: describeError(stored.error) }
        : stored.data && { composition: stored.data.composition, problem: null };
  if (!read) return <LoadingState lines={6} />;
  if (!read.composition)
    return (
      <EmptyState title="This link cannot be opened">
        <p className="wrap-anywhere">{read.problem}</p>
        <p>Nothing of it was used.</p>
      </EmptyState>
    );
  return <Plan composition={read.composition} onAccept={onAccept} />;
}

function Plan({ composition, onAccept }: { composition: Composition } & Pick<Props, "onAccept">) {
  const [client, setClient] = useState<ClientId>(lastClient.find);
  const start = toStart(composition);
  const picked = usePicked(start.picks);
  const documents = picked.flatMap(({ document }) => document ?? []);
  // A link that was made by hand can hold values that no link may hold: they are not used.
  const values = Object.fromEntries(
    picked.map(({ name, document }) => {
      const typed = start.values[name] ?? {};
      return [name, document ? Object.fromEntries(shareValues(document, typed).values) : {}];
    }),
  );
  const pack = packOf(documents, client, values);
  const usable = picked.filter(({ name }) =>
    pack.servers.some((server) => server.name === name && server.danger === null),
  );
  const isLoading = picked.some(({ document, problem }) => document === null && problem === null);
  const accept = () => {
    const names = new Set(usable.map(({ name }) => name));
    onAccept({
      picks: start.picks.filter((_, index) => names.has(picked[index]?.name ?? "")),
      values: Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name))),
    });
  };
  return (
    <>
      <Notice tone="info">
        Someone has shared these servers with you. This is all that the link would start or connect
        to. Nothing of it is used before you say so.
      </Notice>
      <Section
        title="The plan"
        hint="Commands and addresses in full. What a client adds to them is in its own configuration, on the next page."
        actions={
          <Field label="As for">
            <Select
              value={client}
              onChange={setClient}
              choices={SHOWN_CLIENTS.map(({ id, label }) => ({ value: id, label }))}
            />
          </Field>
        }
      >
        <ol aria-label="Servers of the link" className="divide-y divide-line">
          {picked.map((server, index) => (
            <PlannedServer
              key={server.name}
              server={server}
              shared={composition.servers[index]}
              packed={pack.servers.find(({ name }) => name === server.name)}
              leftOut={pack.leftOut.find(({ name }) => name === server.name)?.why ?? null}
            />
          ))}
        </ol>
        <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line p-4">
          <p className="text-sm text-dim">
            {usable.length} of {picked.length} can be used.
          </p>
          <Button variant="primary" disabled={isLoading || usable.length === 0} onClick={accept}>
            I have read it: use this plan
          </Button>
        </div>
      </Section>
    </>
  );
}
