import { Suspense, useState } from "react";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../../workers/contract/marketplace/install/clients.ts";
import { compatibilityOf } from "../../../../workers/contract/marketplace/install/compatibility.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { findSystem, type System } from "../../connect/clients/systems.ts";
import { lazyComponent } from "../../load-code.ts";
import { LoadingState } from "../../ui/states.tsx";
import type { InstallValues } from "./install-panel.tsx";
import { InstallTabs } from "./install-tabs.tsx";
import { useInstallCount } from "./use-install-count.ts";

// Its fields and menus are the largest part of the page.
const InstallPanel = lazyComponent(() => import("./install-panel.tsx"), "InstallPanel");

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
  const count = useInstallCount([document.name]);
  const compatibility = compatibilityOf(document);
  const incapable = CLIENT_IDS.filter((id) => compatibility[id].how === "none");
  return (
    <InstallTabs title="Install in" client={client} onChoose={onChoose} incapable={incapable}>
      <Suspense fallback={<LoadingState lines={6} />}>
        <InstallPanel
          key={client}
          {...{ document, client, values, system }}
          onSystem={setSystem}
          onInstall={() => count(client)}
          onValue={(choice, id, value) =>
            setValues((old) => ({ ...old, [choice]: { ...old[choice], [id]: value } }))
          }
        />
      </Suspense>
    </InstallTabs>
  );
}
