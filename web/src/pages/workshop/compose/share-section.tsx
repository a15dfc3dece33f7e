import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import {
  encodeComposition,
  MAX_LINK_CHARS,
} from "../../../../../workers/contract/composition/composition-link.ts";
import type { Composition } from "../../../../../workers/contract/composition/composition.ts";
import {
  shareValues,
  toCatalogueItem,
} from "../../../../../workers/contract/composition/shared-values.ts";
import type { PackValues } from "../../../../../workers/contract/marketplace/install/pack.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { meQuery } from "../../../api/me.ts";
import { refetch } from "../../../api/refetch.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { SHARES_KEY, storeShare } from "../../../api/workshop-shares.ts";
import { lazyComponent } from "../../../load-code.ts";
import { Button } from "../../../ui/button.tsx";
import { CodeBlock } from "../../../ui/copy.tsx";
import { Field } from "../../../ui/field.tsx";
import { pluralize } from "../../../ui/format-numbers.ts";
import { Section } from "../../../ui/page.tsx";
import { Select } from "../../../ui/select.tsx";
import { showToast } from "../../../ui/toast.ts";
import type { PickedServer } from "./use-picked.ts";

/** Loaded for signed-in people only. */
const OwnShares = lazyComponent(() => import("./own-shares.tsx"), "OwnShares");

const DAYS = ["1", "7", "30"] as const;

interface Props {
  servers: PickedServer[];
  values: PackValues;
}

/** The composition for a link, and what it does not hold. */
function toShared({ servers, values }: Props) {
  const items: Composition["servers"] = [];
  const leftOut: string[] = [];
  const held: string[] = [];
  for (const { pick, name, document } of servers) {
    if (!document) continue;
    const typed = values[name] ?? {};
    if (pick.from === "address") {
      items.push(pick.item);
      leftOut.push(...Object.keys(typed).filter((id) => typed[id] !== ""));
      continue;
    }
    const shared = shareValues(document, typed);
    items.push(toCatalogueItem(document, typed));
    leftOut.push(...shared.leftOut);
    held.push(...shared.values.map(([, value]) => value));
  }
  return { composition: { v: 1, servers: items } satisfies Composition, held, leftOut };
}

/** Shares the servers by a link: one that holds them itself, or one to a stored copy. It says before what it holds. */
export function ShareSection(props: Props) {
  const shared = toShared(props);
  const text = JSON.stringify(shared.composition);
  return (
    <Section title="Share">
      <div className="flex flex-col gap-4 p-4">
        <Held {...shared} />
        {/* A link that was made is that of what was picked then. */}
        <Links key={text} composition={shared.composition} />
      </div>
    </Section>
  );
}

function Held({ composition, held, leftOut }: ReturnType<typeof toShared>) {
  const addresses = composition.servers.filter(({ from }) => from === "address").length;
  return (
    <div className="text-sm">
      <p>
        A link holds the names of {pluralize(composition.servers.length, "server")}
        {addresses > 0 &&
          `, for ${addresses} of them the address and the names of headers,`} and{" "}
        {held.length === 0 ? "no value" : pluralize(held.length, "value")}
        {held.length > 0 && (
          <>
            :{" "}
            <code className="font-mono text-xs wrap-anywhere">
              {held.map((value) => escapeLine(value)).join(", ")}
            </code>
          </>
        )}
        . It holds no value of a secret variable.
      </p>
      {leftOut.length > 0 && (
        <p className="mt-1 text-dim wrap-anywhere">
          Not in the link: {leftOut.map((name) => escapeLine(name)).join(", ")}. Who opens it enters
          them.
        </p>
      )}
    </div>
  );
}

function Links({ composition }: { composition: Composition }) {
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  const client = useQueryClient();
  const [link, setLink] = useState<string | null>(null);
  const [days, setDays] = useState<(typeof DAYS)[number]>("7");
  const page = `${location.origin}/workshop/compose`;
  const make = async () => {
    const packed = await encodeComposition(composition);
    if (packed.length <= MAX_LINK_CHARS) return setLink(`${page}#c=${packed}`);
    showToast("It is too long for a link that holds it all. Store it instead.");
  };
  const store = useApiMutation({
    run: () => storeShare(composition, Number(days)),
    invalidate: [],
    onDone: ({ id }) => {
      setLink(`${page}?share=${id}`);
      void refetch(client, SHARES_KEY);
    },
  });
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <div className="flex flex-col items-start gap-2">
          <h3 className="text-sm font-medium">A link that holds it all</h3>
          <p className="text-xs text-dim">
            The servers are in the part of the link that browsers do not send. Nothing is stored,
            and the link cannot be called back.
          </p>
          <Button onClick={() => void make()}>Make a link</Button>
        </div>
        <div className="flex flex-col items-start gap-2">
          <h3 className="text-sm font-medium">A short link</h3>
          <p className="text-xs text-dim">
            The gateway stores the same, readable by all who have the link, until it expires or you
            delete it.
          </p>
          {me === undefined ? (
            <p className="text-xs text-dim">Sign in to store it.</p>
          ) : (
            <div className="flex items-end gap-2">
              <Field label="Expires">
                <Select
                  value={days}
                  onChange={setDays}
                  choices={DAYS.map((value) => ({
                    value,
                    label: `in ${pluralize(Number(value), "day")}`,
                  }))}
                />
              </Field>
              <Button isBusy={store.isPending} onClick={() => store.mutate(undefined)}>
                Store and make a link
              </Button>
            </div>
          )}
        </div>
      </div>
      {link !== null && <CodeBlock text={link} contentName="link" isWrapped />}
      {me !== undefined && (
        <Suspense>
          <OwnShares />
        </Suspense>
      )}
    </>
  );
}
