import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { SEVERITIES, type Finding, type Severity } from "../finding.ts";
import { MAX_TEXT_LENGTH } from "../limits.ts";
import type { Range } from "../model.ts";
import { readConfiguration } from "../read.ts";
import { countSeverities, groupFindings, toRisk, type FindingGroup } from "./risk.ts";
import { RULES } from "./rule-book.ts";
import { scanConfiguration, scanTools } from "./scan-configuration.ts";
import { findSecrets, type FoundSecret } from "./secrets/find-secrets.ts";
import { findKeys } from "./secrets/key-formats.ts";
import { redact } from "./secrets/redact.ts";
import { toSubject } from "./subject.ts";
import { readToolList } from "./tool-list.ts";

/** What is known of a text besides its content. */
export interface TextOptions {
  /** Whose file it is; null: the content says it. */
  client: ClientId | null;
  /** Name of the file, if it has one. */
  fileName: string | null;
  /** Whether other people get the file; null: its name says it. */
  isShared: boolean | null;
}

/** What a scan of a text has found. */
export interface ScanResult {
  /** What the text is. `nothing`: neither a configuration with servers nor a list of tools. */
  kind: "configuration" | "tools" | "nothing";
  client: ClientId;
  servers: number;
  tools: number;
  findings: Finding[];
  groups: FindingGroup[];
  counts: Record<Severity, number>;
  /** From 0 to 100. */
  risk: number;
  /** The text without secrets. */
  redacted: string;
}

/** Files that are made to be in a repository. */
const SHARED_FILE =
  /(?:^|[\\/])(?:\.mcp\.json|\.(?:vscode|cursor|kiro[\\/]settings)[\\/]mcp\.json)$/;

/** Scans a text: the configuration of a client, or tools as a server lists them. Never throws, and sends nothing. */
export function scanText(text: string, options: TextOptions): ScanResult {
  const { client, fileName } = options;
  const reading = readConfiguration(text, client ?? undefined, fileName ?? undefined);
  const { configuration, document } = reading;
  // Nothing of it is read, and nothing of it is shown.
  if (text.length > MAX_TEXT_LENGTH)
    return toResult("nothing", reading.client, reading.findings, {
      servers: 0,
      tools: 0,
      redacted: "",
    });
  const tools = configuration.servers.length === 0 ? readToolList(document.value) : null;
  if (tools)
    return toResult(
      "tools",
      reading.client,
      [...reading.findings, ...scanTools(tools, document.locate)],
      {
        servers: new Set(tools.map(({ server }) => server)).size,
        tools: tools.length,
        redacted: redact(text, [], document.locateValue),
      },
    );
  const isShared = options.isShared ?? SHARED_FILE.test(fileName ?? "");
  const secrets = configuration.servers.flatMap((server) =>
    findSecrets(toSubject(configuration, server, isShared)),
  );
  const findings = scanConfiguration(configuration, { isShared, findRange: document.locate });
  const others = findOtherKeys(text, secrets, document.toRange);
  return toResult(
    configuration.servers.length > 0 ? "configuration" : "nothing",
    reading.client,
    [...reading.findings, ...findings, ...others],
    {
      servers: configuration.servers.length,
      tools: 0,
      redacted: redact(text, secrets, document.locateValue),
    },
  );
}

/** Keys of known formats outside of the servers: in comments, inputs, and other settings of the file. */
function findOtherKeys(
  text: string,
  secrets: readonly FoundSecret[],
  toRange: (start: number, end: number) => Range,
): Finding[] {
  const known = new Set(secrets.map(({ secret }) => secret));
  return findKeys(text)
    .filter((key) => !known.has(key.text))
    .map(({ label, text: key, index }) => ({
      rule: "SEC-01",
      severity: "critical",
      server: null,
      path: [],
      range: toRange(index, index + key.length),
      message: `The file has a key outside of its servers: ${label}.`,
      why: RULES["SEC-01"].why,
      fix: null,
    }));
}

function toResult(
  kind: ScanResult["kind"],
  client: ClientId,
  found: Finding[],
  rest: Pick<ScanResult, "servers" | "tools" | "redacted">,
): ScanResult {
  const findings = found.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      (a.range?.offset ?? 0) - (b.range?.offset ?? 0),
  );
  return {
    kind,
    client,
    findings,
    groups: groupFindings(findings),
    counts: countSeverities(findings),
    risk: toRisk(findings),
    ...rest,
  };
}
