import { FileJson, Pencil, Undo2 } from "lucide-react";
import { toJsonReport, toPublicFindings } from "../../../../../client-config/scan/report.ts";
import { hideSecrets } from "../../../../../client-config/scan/secrets/hide-secrets.ts";
import { Button } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { ConvertSection } from "./convert-section.tsx";
import { FindingGroups } from "./finding-groups.tsx";
import { RedactedText } from "./redacted-text.tsx";
import { RiskSummary } from "./risk-summary.tsx";
import type { Scan, Scanned } from "./use-scan.ts";

interface Props {
  scan: Scan;
  scanned: Scanned;
  onEdit: () => void;
}

/** What a scan has found, with the text as it can be shown. */
export function ScanView({ scan, scanned, onEdit }: Props) {
  const { result, before } = scanned;
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button onClick={onEdit}>
          <Pencil className="size-3.5" aria-hidden />
          Edit the text
        </Button>
        {before.length > 0 && (
          <Button onClick={scan.undo}>
            <Undo2 className="size-3.5" aria-hidden />
            Undo the last fix
          </Button>
        )}
        <Exports scanned={scanned} />
      </div>
      <RiskSummary result={result} />
      {result.kind === "nothing" && (
        <Notice tone="info">
          No MCP servers and no tools were recognized in this text. Paste the whole file of a
          client, or the result of tools/list.
        </Notice>
      )}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <FindingGroups scan={scan} result={result} />
        <RedactedText result={result} />
      </div>
      {result.kind === "configuration" && <ConvertSection key={scanned.text} scanned={scanned} />}
    </>
  );
}

function Exports({ scanned: { result, options, scanner } }: { scanned: Scanned }) {
  const file = hideSecrets(options.fileName ?? "configuration");
  const saveSarif = () => {
    const sarif = scanner.toSarif(toPublicFindings(result.findings), { file, toolVersion: "1" });
    saveFile(`${JSON.stringify(sarif, null, 2)}\n`, "scan.sarif");
  };
  return (
    <>
      <Button className="ml-auto" onClick={saveSarif}>
        <FileJson className="size-3.5" aria-hidden />
        SARIF
      </Button>
      <Button onClick={() => saveFile(toJsonReport(result, file), "scan.json")}>
        <FileJson className="size-3.5" aria-hidden />
        JSON
      </Button>
    </>
  );
}
