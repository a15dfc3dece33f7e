import type { Finding } from "../finding.ts";
import type { Configuration, Path, Range } from "../model.ts";
import { RULES } from "./rule-book.ts";
import { checkApprovals, checkSwitches } from "./rules/approval-rules.ts";
import { checkCommand } from "./rules/command-rules.ts";
import { checkContainer } from "./rules/container-rules.ts";
import { checkFiles } from "./rules/file-rules.ts";
import { checkMix } from "./rules/mix-rules.ts";
import { checkListening, checkRemote } from "./rules/network-rules.ts";
import { checkSecrets, checkSharedSecrets, type SubjectSecrets } from "./rules/secret-rules.ts";
import { checkSupply } from "./rules/supply-rules.ts";
import { checkServerTexts, checkTools } from "./rules/text-rules.ts";
import { findSecrets } from "./secrets/find-secrets.ts";
import { nameVariables } from "./secrets/variable-names.ts";
import { toSubject, type Draft, type ProgramSubject, type Subject } from "./subject.ts";
import type { ToolText } from "./tool-list.ts";

/** How a scan is done. */
export interface ScanOptions {
  /** Whether other people get the file, such as one in a repository. */
  isShared: boolean;
  /** Where a path is in the text; null: the path is not in it. */
  findRange: (path: Path) => Range | null;
}

/** The servers of a configuration with their secrets. */
export function listSubjects(configuration: Configuration, isShared: boolean): SubjectSecrets[] {
  return configuration.servers.map((server) => {
    const subject = toSubject(configuration, server, isShared);
    return { subject, secrets: findSecrets(subject) };
  });
}

/** Scans a configuration. The verdict is made by rules alone: no text of the file can change it. */
export function scanConfiguration(
  configuration: Configuration,
  all: readonly SubjectSecrets[],
  { isShared, findRange }: ScanOptions,
): Finding[] {
  const nameVariable = nameVariables(
    configuration,
    all.map(({ subject: { server }, secrets }) => ({ server, secrets })),
  );
  const ofServers = all.flatMap((one) =>
    [...checkSecrets(one, nameVariable), ...checkServer(one.subject)].map((draft) =>
      toFinding(draft, one.subject.server.name, findRange),
    ),
  );
  const ofFile = [
    ...checkSharedSecrets(configuration, all, { isShared, nameVariable }),
    ...checkMix(
      configuration,
      all.map(({ subject }) => subject),
    ),
  ].map((draft) => toFinding(draft, draft.server, findRange));
  return [...ofServers, ...ofFile];
}

function checkServer(subject: Subject): Draft[] {
  const drafts = [...checkApprovals(subject), ...checkServerTexts(subject)];
  if ("facts" in subject) return [...drafts, ...checkProgram(subject)];
  const { bridge } = subject;
  return [...drafts, ...checkRemote(subject), ...(bridge ? checkProgram(bridge) : [])];
}

function checkProgram(subject: ProgramSubject): Draft[] {
  return [
    ...checkSupply(subject),
    ...checkCommand(subject),
    ...checkFiles(subject),
    ...checkContainer(subject),
    ...checkListening(subject),
    ...checkSwitches(subject),
  ];
}

/** Scans lists of tools. */
export function scanTools(
  tools: readonly ToolText[],
  findRange: ScanOptions["findRange"],
): Finding[] {
  return checkTools(tools).map((draft) => toFinding(draft, draft.server, findRange));
}

function toFinding(
  draft: Draft,
  server: string | null,
  findRange: ScanOptions["findRange"],
): Finding {
  const { rule, severity, path, message, fix } = draft;
  return {
    rule,
    severity,
    server,
    path,
    range: findRange(path),
    message,
    why: RULES[rule].why,
    fix: fix ?? null,
  };
}
