import { Download } from "lucide-react";
import { useState } from "react";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
  type ClientId,
} from "../../../../../workers/contract/marketplace/install/clients.ts";
import { Button } from "../../../ui/button.tsx";
import { CodeBlock } from "../../../ui/copy.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { Select } from "../../../ui/select.tsx";
import type { Scanned } from "./use-scan.ts";

const CLIENTS = CLIENT_IDS.map((value) => ({ value, label: CLIENT_TRAITS[value].label }));

/** The configuration as the file of another client, with a reference in the place of each secret. */
export function ConvertSection({ scanned }: { scanned: Scanned }) {
  const [client, setClient] = useState<ClientId>("vscode");
  const [isShown, setIsShown] = useState(false);
  return (
    <Section
      title="Convert"
      hint="Secrets and placeholders become what the client asks for (VS Code) or takes from its environment."
      actions={
        <div className="flex flex-wrap gap-2">
          <Select
            label="Convert to"
            className="w-44"
            value={client}
            choices={CLIENTS}
            onChange={setClient}
          />
          <Button onClick={() => setIsShown(true)}>Convert</Button>
        </div>
      }
    >
      {isShown && <Converted scanned={scanned} client={client} />}
    </Section>
  );
}

function Converted({ scanned, client }: { scanned: Scanned; client: ClientId }) {
  const { readConfiguration, withInputs, writeConfiguration } = scanned.scanner;
  const { configuration } = readConfiguration(scanned.text, scanned.result.client);
  const { text, language, lost } = writeConfiguration(withInputs(configuration), client);
  return (
    <div className="flex flex-col gap-3 p-4">
      {lost.length > 0 && (
        <Notice tone="warn">
          <ul className="flex flex-col gap-1">
            {lost.map(({ server, member, name, why }) => (
              <li key={`${server} ${member} ${name}`}>
                {server !== null && `${server}: `}
                {why}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <CodeBlock text={text} contentName={`Configuration of ${CLIENT_TRAITS[client].label}`} />
      <div>
        <Button onClick={() => saveFile(text, `mcp.${language}`)}>
          <Download className="size-3.5" aria-hidden />
          Save the file
        </Button>
      </div>
    </div>
  );
}
