import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { compareSeverities, type Severity } from "../../workers/contract/severity.ts";
import type { Finding } from "../finding.ts";
import { MAX_TEXT_LENGTH } from "../limits.ts";
import { readConfiguration } from "../read.ts";
import { countSeverities, groupFindings, toRisk, type FindingGroup } from "./risk.ts";
import { checkMarks } from "./rules/mark-rules.ts";
import { listSubjects, scanConfiguration, scanTools } from "./scan-configuration.ts";
import { hideSecrets } from "./secrets/hide-secrets.ts";
import { listMarks, redact } from "./secrets/redact.ts";
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
  /** From 0 to 100; null: neither servers nor tools were recognized. */
  risk: number | null;
  /** The text without secrets. */
  redacted: string;
}

/** Files that are made to be in a repository. */
const SHARED_FILE =
  /(?:^|[\\/])(?:\.mcp\.json|\.(?:vscode|cursor|kiro[\\/]settings)[\\/]mcp\.json)$/;

/** The fields of server-sent events, as servers answer with them (HTML, section 9.2). */
const EVENT_FIELD = /^(?:(?:event|id|retry):.*|data: ?|:.*)/gm;

/** The data of server-sent events, each character at its place; another text unchanged. */
function toData(text: string): string {
  if (!/^\s*(?:event|id|retry|data)?:/.test(text) || !/^data: ?[{[]/m.test(text)) return text;
  return text.replaceAll(EVENT_FIELD, (field) => " ".repeat(field.length));
}

/** Scans a text: the configuration of a client, or tools as a server lists them. Never throws, and sends nothing. */
export function scanText(text: string, options: TextOptions): ScanResult {
  const { client, fileName } = options;
  const reading = readConfiguration(toData(text), client ?? undefined, fileName ?? undefined);
  const { configuration, document } = reading;
  // Nothing of it is read, and nothing of it is shown.
  if (text.length > MAX_TEXT_LENGTH)
    return toResult("nothing", reading.client, reading.findings, {
      servers: 0,
      tools: 0,
      redacted: "",
    });
  const tools = configuration.servers.length === 0 ? readToolList(document.value) : null;
  if (tools) {
    const marks = listMarks(text, [], document.locateValue);
    const owners = tools.map(({ server, name, path }) => ({ server, tool: name, path }));
    const found = [
      ...scanTools(tools, document.locate),
      ...checkMarks(document, marks, owners, []),
    ];
    return toResult("tools", reading.client, [...reading.findings, ...found], {
      servers: new Set(tools.map(({ server }) => server)).size,
      tools: tools.length,
      redacted: redact(text, marks),
    });
  }
  const isShared = options.isShared ?? SHARED_FILE.test(fileName ?? "");
  const all = listSubjects(configuration, isShared);
  const secrets = all.flatMap((one) => one.secrets);
  const marks = listMarks(text, secrets, document.locateValue);
  const covered = secrets.flatMap(({ certainty, value }) =>
    certainty === "placeholder" ? [] : [value.path],
  );
  const owners = configuration.servers.map(({ name, path }) => ({
    server: name,
    tool: null,
    path,
  }));
  const findings = scanConfiguration(configuration, all, { isShared, findRange: document.locate });
  return toResult(
    configuration.servers.length > 0 ? "configuration" : "nothing",
    reading.client,
    [...reading.findings, ...findings, ...checkMarks(document, marks, owners, covered)],
    { servers: configuration.servers.length, tools: 0, redacted: redact(text, marks) },
  );
}

function toResult(
  kind: ScanResult["kind"],
  client: ClientId,
  found: Finding[],
  rest: Pick<ScanResult, "servers" | "tools" | "redacted">,
): ScanResult {
  const findings = found
    .map(withoutSecrets)
    .toSorted((a, b) => compareSeverities(a, b) || (a.range?.offset ?? 0) - (b.range?.offset ?? 0));
  return {
    kind,
    client,
    findings,
    groups: groupFindings(findings),
    counts: countSeverities(findings),
    risk: kind === "nothing" ? null : toRisk(findings),
    ...rest,
  };
}

/** No sentence of a finding has a secret, also where it names what the file itself names. */
function withoutSecrets(finding: Finding): Finding {
  const { message, fix } = finding;
  return {
    ...finding,
    message: hideSecrets(message),
    fix: fix && { ...fix, title: hideSecrets(fix.title) },
  };
}
