import { useState } from "react";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import {
  listChoices,
  type InstallChoice,
} from "../../../../workers/contract/marketplace/install/compatibility.ts";
import { installOf } from "../../../../workers/contract/marketplace/install/installation.ts";
import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeHidden } from "../../../../workers/contract/text/hidden-characters.ts";
import type { System } from "../../connect/clients/systems.ts";
import { Field } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Select } from "../../ui/select.tsx";
import { describeChoice, toChoiceKey } from "./describe-choice.ts";
import { InstallVariables } from "./install-variables.tsx";
import { InstallWays } from "./install-ways.tsx";
import { SHOWN_CLIENTS } from "./shown-clients.ts";

/** The values that a person has given, by the key of a package or remote and the id of the variable. */
export type InstallValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Props {
  document: ServerDocument;
  client: ClientId;
  system: System;
  onSystem: (system: System) => void;
  values: InstallValues;
  onValue: (choice: string, id: string, value: string) => void;
  onInstall: () => void;
}

/** How to install a server in one client: from which package or remote, with which values, and in which ways. */
export function InstallPanel(props: Props) {
  const { document, client } = props;
  const choices = listChoices(document, client);
  const usable = choices.filter(({ how }) => how !== "none");
  const [key, setKey] = useState<string>();
  const choice = usable.find((candidate) => toChoiceKey(candidate) === key) ?? usable[0];
  if (!choice) return <CannotInstall client={client} choices={choices} />;
  return (
    <>
      {usable.length > 1 && (
        <Field label="Install from">
          <Select
            value={toChoiceKey(choice)}
            onChange={setKey}
            choices={usable.map((candidate) => ({
              value: toChoiceKey(candidate),
              label: describeChoice(candidate),
            }))}
          />
        </Field>
      )}
      <InstallFrom key={toChoiceKey(choice)} {...props} choice={choice} />
    </>
  );
}

/** Why a client cannot run a server, by package and remote. */
function CannotInstall({ client, choices }: { client: ClientId; choices: InstallChoice[] }) {
  const label = SHOWN_CLIENTS.find(({ id }) => id === client)?.label ?? client;
  return (
    <Notice tone="warn">
      <p className="font-medium">{label} cannot run this server.</p>
      {choices.length === 0 ? (
        <p>The entry has neither a package nor an address. The repository can say more.</p>
      ) : (
        <ul className="mt-1 flex flex-col gap-1">
          {choices.map((choice) => (
            <li key={toChoiceKey(choice)}>
              {describeChoice(choice)}: {choice.why}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

function InstallFrom(props: Props & { choice: InstallChoice }) {
  const { document, client, choice, system } = props;
  const key = toChoiceKey(choice);
  const values = props.values[key] ?? {};
  const installation = installOf(document, client, values, choice);
  if (!installation) return <CannotInstall client={client} choices={[choice]} />;
  const { variables, why } = installation;
  // Links open other sites and apps: no typed value is in them.
  const linked = installOf(document, client, {}, choice) ?? installation;
  // The ways say why there is no link.
  const warnings = installation.warnings.filter((warning) => warning !== linked.noLink);
  return (
    <>
      {why !== null && <Notice tone="info">{why}</Notice>}
      {warnings.length > 0 && (
        <Notice tone="warn">
          <ul className="flex flex-col gap-1">
            {warnings.map((warning) => (
              <li key={warning}>{escapeHidden(warning)}</li>
            ))}
          </ul>
        </Notice>
      )}
      <InstallVariables
        variables={variables}
        values={values}
        onChange={(id, value) => props.onValue(key, id, value)}
      />
      <InstallWays
        installation={installation}
        linked={linked}
        system={system}
        onSystem={props.onSystem}
        onInstall={props.onInstall}
      />
    </>
  );
}
