import { useState } from "react";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import {
  packOf,
  type PackInstallation,
  type PackValues,
} from "../../../../workers/contract/marketplace/install/pack.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeHidden, listHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import { SystemPicker } from "../../connect/client-picker.tsx";
import { findSystem, type System } from "../../connect/clients/systems.ts";
import { Notice } from "../../ui/notice.tsx";
import { InstallTabs } from "./install-tabs.tsx";
import { VariableFields, ValuesNote } from "./install-variables.tsx";
import { FileWay } from "./install-ways.tsx";
import { lastClient } from "./shown-clients.ts";
import { useInstallCount } from "./use-install-count.ts";

interface ViewProps {
  title: string;
  documents: ServerDocument[];
  values: PackValues;
  onValue: VariablesProps["onValue"];
}

/** One configuration for several servers in each client, with the values that the person fills in. */
export function PackView({ title, documents, values, onValue }: ViewProps) {
  const [client, setClient] = useState(lastClient.find);
  const [system, setSystem] = useState<System>(() => findSystem(navigator.userAgent));
  const pack = packOf(documents, client, values);
  const count = useInstallCount(pack.servers.map(({ name }) => name));
  const choose = (id: ClientId) => {
    lastClient.set(id);
    setClient(id);
  };
  return (
    <InstallTabs title={title} client={client} onChoose={choose} incapable={[]}>
      <Notes pack={pack} />
      <PackVariables pack={pack} values={values} onValue={onValue} />
      {pack.file !== null && (
        <>
          <div>
            <SystemPicker value={system} onChange={setSystem} />
          </div>
          <FileWay file={pack.file} system={system} onInstall={() => count(client)} />
        </>
      )}
    </InstallTabs>
  );
}

/** What a person reads before the installation. */
function Notes({ pack: { servers, leftOut, file, warnings } }: { pack: PackInstallation }) {
  const hidden = listHidden(file?.text ?? "");
  const lines = [
    ...warnings,
    ...servers.flatMap((server) => server.warnings.map((warning) => `${server.key}: ${warning}`)),
    ...leftOut.map(({ name, why }) => `${name} is not in the configuration. ${why}`),
    ...(hidden.length > 0
      ? [
          `The text below has hidden characters (${hidden.join(", ")}). They are shown as escapes, and copied unchanged.`,
        ]
      : []),
  ];
  if (lines.length === 0) return null;
  return (
    <Notice tone="warn">
      <ul className="flex flex-col gap-1">
        {lines.map((line) => (
          <li key={line}>{escapeHidden(line)}</li>
        ))}
      </ul>
    </Notice>
  );
}

interface VariablesProps {
  pack: PackInstallation;
  values: PackValues;
  onValue: (name: string, id: string, value: string) => void;
}

/** The fields of each server; nothing without any. */
function PackVariables({ pack, values, onValue }: VariablesProps) {
  const servers = pack.servers.filter(({ variables }) => variables.length > 0);
  if (servers.length === 0) return null;
  return (
    <div className="flex flex-col gap-3.5">
      <ValuesNote id="values" />
      {servers.map(({ name, key, variables }) => (
        <fieldset key={name} className="flex flex-col gap-2">
          <legend className="mb-2 font-mono text-xs">{key}</legend>
          <VariableFields
            variables={variables}
            values={values[name] ?? {}}
            onChange={(id, value) => onValue(name, id, value)}
          />
        </fieldset>
      ))}
    </div>
  );
}
