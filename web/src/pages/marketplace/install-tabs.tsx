import { Tabs } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import { classNames } from "../../ui/class-names.ts";
import { SHOWN_CLIENTS } from "./shown-clients.ts";

interface Props {
  title: string;
  client: ClientId;
  onChoose: (client: ClientId) => void;
  /** Clients that cannot run what is installed. */
  incapable: readonly ClientId[];
  /** How to install it in the client. */
  children: ReactNode;
}

/** A tab for each client, with how to install something in the chosen one. */
export function InstallTabs({ title, client, onChoose, incapable, children }: Props) {
  return (
    <section id="install" aria-labelledby="install-title" className="card min-w-0 scroll-mt-20">
      <Tabs.Root value={client} onValueChange={onChoose}>
        <div className="border-b border-line px-4 pt-3 pb-2.5">
          <h2 id="install-title">{title}</h2>
          <Tabs.List
            aria-label="Client"
            className="relative -mx-1 mt-2 flex gap-1 overflow-x-auto p-1 sm:flex-wrap"
          >
            {SHOWN_CLIENTS.map(({ id, label }) => (
              <ClientTab
                key={id}
                {...{ id, label }}
                current={client}
                isIncapable={incapable.includes(id)}
              />
            ))}
          </Tabs.List>
        </div>
        <Tabs.Panel value={client} className="flex min-w-0 flex-col gap-5 p-4">
          {children}
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

interface TabProps {
  id: ClientId;
  label: string;
  current: ClientId;
  isIncapable: boolean;
}

function ClientTab({ id, label, current, isIncapable }: TabProps) {
  return (
    <Tabs.Tab
      value={id}
      ref={id === current ? scrollIntoList : undefined}
      className={classNames(
        "h-7 shrink-0 rounded-full border border-line px-2.5 text-xs font-medium whitespace-nowrap text-dim transition-colors hover:bg-soft hover:text-ink data-active:border-accent data-active:bg-accent-soft data-active:text-accent-ink",
        isIncapable && "border-dashed",
      )}
    >
      {label}
      {isIncapable && <span className="sr-only"> (cannot run it)</span>}
    </Tabs.Tab>
  );
}
