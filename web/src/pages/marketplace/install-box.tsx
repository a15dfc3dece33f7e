import { Tabs } from "@base-ui/react/tabs";
import { useState } from "react";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import {
  compatibilityOf,
  type Compatibility,
} from "../../../../workers/contract/marketplace/install/compatibility.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { findSystem, type System } from "../../connect/clients/systems.ts";
import { classNames } from "../../ui/class-names.ts";
import { InstallPanel, type InstallValues } from "./install-panel.tsx";
import { SHOWN_CLIENTS } from "./shown-clients.ts";
import { useInstallCount } from "./use-install-count.ts";

interface Props {
  document: ServerDocument;
  client: ClientId;
  onChoose: (client: ClientId) => void;
}

/**
 * How to install a server in each client. The values that a person fills in are state of this component only: no request,
 * no address and no storage has them.
 */
export function InstallBox({ document, client, onChoose }: Props) {
  const [values, setValues] = useState<InstallValues>({});
  const [system, setSystem] = useState<System>(() => findSystem(navigator.userAgent));
  const count = useInstallCount(document.name);
  const compatibility = compatibilityOf(document);
  return (
    <section id="install" aria-labelledby="install-title" className="card min-w-0 scroll-mt-20">
      <Tabs.Root value={client} onValueChange={onChoose}>
        <div className="border-b border-line px-4 pt-3 pb-2.5">
          <h2 id="install-title">Install in</h2>
          <Tabs.List
            aria-label="Client"
            className="relative -mx-1 mt-2 flex gap-1 overflow-x-auto p-1 sm:flex-wrap"
          >
            {SHOWN_CLIENTS.map(({ id, label }) => (
              <ClientTab key={id} {...{ id, label }} how={compatibility[id].how} current={client} />
            ))}
          </Tabs.List>
        </div>
        <Tabs.Panel value={client} className="flex min-w-0 flex-col gap-5 p-4">
          <InstallPanel
            key={client}
            {...{ document, client, values, system }}
            onSystem={setSystem}
            onInstall={() => count(client)}
            onValue={(choice, id, value) =>
              setValues((old) => ({ ...old, [choice]: { ...old[choice], [id]: value } }))
            }
          />
        </Tabs.Panel>
      </Tabs.Root>
    </section>
  );
}

/** Ref callback with a constant identity: scrolls the current tab into view on a narrow screen, without moving the page. */
const scrollIntoList = (tab: HTMLElement | null) => {
  const list = tab?.parentElement;
  if (tab && list) list.scrollLeft = tab.offsetLeft - (list.clientWidth - tab.clientWidth) / 2;
};

interface TabProps extends Pick<Compatibility, "how"> {
  id: ClientId;
  label: string;
  current: ClientId;
}

function ClientTab({ id, label, how, current }: TabProps) {
  return (
    <Tabs.Tab
      value={id}
      ref={id === current ? scrollIntoList : undefined}
      className={classNames(
        "h-7 shrink-0 rounded-full border border-line px-2.5 text-xs font-medium whitespace-nowrap text-dim transition-colors hover:bg-soft hover:text-ink data-active:border-accent data-active:bg-accent-soft data-active:text-accent-ink",
        how === "none" && "border-dashed",
      )}
    >
      {label}
      {how === "none" && <span className="sr-only"> (cannot run it)</span>}
    </Tabs.Tab>
  );
}
