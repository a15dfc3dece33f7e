import { Download, Wrench } from "lucide-react";
import { useState } from "react";
import type { Finding } from "../../../../../client-config/finding.ts";
import type { Reading } from "../../../../../client-config/read.ts";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
  type ClientId,
} from "../../../../../workers/contract/marketplace/install/clients.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import { Button } from "../../../ui/button.tsx";
import { CodeBlock, CopyTextButton } from "../../../ui/copy.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Badge, Section, type Tone } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { Select } from "../../../ui/select.tsx";
import type { Checker } from "./checker.ts";
import { describeChecked } from "./describe-checked.ts";
import { EndpointsSection } from "./endpoints-section.tsx";
import type { Check, CheckedText, Draft } from "./use-check.ts";

const CLIENTS = CLIENT_IDS.map((value) => ({ value, label: CLIENT_TRAITS[value].label }));
const LABELS: Record<Finding["severity"], string> = {
  critical: "Critical",
  high: "Error",
  medium: "Warning",
  low: "Hint",
  info: "Note",
};
const TONES: Record<Finding["severity"], Tone> = {
  critical: "bad",
  high: "bad",
  medium: "warn",
  low: "neutral",
  info: "neutral",
};

interface Props {
  check: Check;
  checked: CheckedText;
  draft: Draft;
}

/** What a check has found, and the same servers in the file of another client. */
export function CheckView({ check, checked, draft }: Props) {
  const { reading, findings, isCompared, checker } = checked;
  const sarif = () => {
    const log = checker.toSarif(findings, {
      file: draft.fileName ?? (reading ? `mcp.${reading.language}` : "server.json"),
      toolVersion: "1",
    });
    saveFile(JSON.stringify(log, null, 2), "check.sarif");
  };
  return (
    <>
      <Section
        title={findings.length === 0 ? "Nothing found" : `Findings: ${findings.length}`}
        hint={describeChecked(reading, isCompared)}
        actions={
          <div className="flex flex-wrap gap-2">
            {reading && (
              <Select
                label="Client of the file"
                className="w-44"
                value={reading.client}
                choices={CLIENTS}
                onChange={(value) => void check.start({ ...draft, client: value })}
              />
            )}
            <CopyTextButton text={draft.text} contentName="the checked file" />
            <Button onClick={sarif}>
              <Download className="size-3.5" aria-hidden />
              SARIF
            </Button>
          </div>
        }
      >
        <Findings
          findings={findings}
          check={check}
          soundText={
            reading
              ? "The client understands all of this file."
              : "Registries accept the form of this file."
          }
        />
      </Section>
      {reading && (
        <>
          <EndpointsSection key={draft.text} reading={reading} />
          <ConvertSection checker={checker} reading={reading} />
        </>
      )}
    </>
  );
}

interface FindingsProps {
  findings: readonly Finding[];
  check: Check;
  /** What is said where nothing is found. */
  soundText: string;
}

function Findings({ findings, check, soundText }: FindingsProps) {
  const [failed, setFailed] = useState<Finding | null>(null);
  if (findings.length === 0) return <p className="p-4 text-dim">{soundText}</p>;
  return (
    <ul aria-label="Findings" className="divide-y divide-line">
      {findings.map((finding, index) => {
        const { severity, server, message, why, range, fix } = finding;
        return (
          <li key={index} className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-2.5">
            <Badge tone={TONES[severity]}>{LABELS[severity]}</Badge>
            <div className="min-w-0 flex-1 basis-56">
              <p className="wrap-anywhere">
                {server !== null && (
                  <strong className="font-medium">{escapeHidden(server)}: </strong>
                )}
                {escapeHidden(message)}
              </p>
              <p className="mt-0.5 text-xs wrap-anywhere text-dim">
                {range !== null && `Line ${range.line}. `}
                {escapeHidden(why)}
              </p>
              {failed === finding && (
                <p role="alert" className="mt-1 text-xs text-bad">
                  The file is written in a way in which this would change more. Change it by hand.
                </p>
              )}
            </div>
            {fix !== null && (
              <Button size="sm" onClick={() => setFailed(check.apply(fix) ? null : finding)}>
                <Wrench className="size-3.5" aria-hidden />
                <span className="max-w-64 truncate">{fix.title}</span>
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function ConvertSection({ checker, reading }: { checker: Checker; reading: Reading }) {
  const [client, setClient] = useState<ClientId | null>(null);
  const written = client && checker.writeConfiguration(reading.configuration, client);
  if (reading.configuration.servers.length === 0) return null;
  return (
    <Section
      title="Convert"
      hint="The same servers in the file of another client."
      actions={
        <Select
          label="Convert to"
          className="w-44"
          value={client ?? "none"}
          choices={[{ value: "none", label: "Choose a client" }, ...CLIENTS]}
          onChange={(value) => setClient(value === "none" ? null : value)}
        />
      }
    >
      {client && written && (
        <div className="flex flex-col gap-3 p-4">
          {written.lost.length > 0 && (
            <Notice tone="warn">
              <p>The file does not say everything:</p>
              <ul className="mt-1 flex flex-col gap-1">
                {written.lost.map(({ server, member, name, why }) => (
                  <li key={`${server} ${member} ${name}`} className="wrap-anywhere">
                    {escapeHidden([server, name].filter((part) => part !== null).join(", "))}: {why}
                  </li>
                ))}
              </ul>
            </Notice>
          )}
          <CodeBlock
            text={written.text}
            contentName={`Configuration of ${CLIENT_TRAITS[client].label}`}
          />
          <div>
            <Button onClick={() => saveFile(written.text, `mcp.${written.language}`)}>
              <Download className="size-3.5" aria-hidden />
              Save the file
            </Button>
          </div>
        </div>
      )}
    </Section>
  );
}
