import type { Finding } from "../finding.ts";
import type { Path } from "../model.ts";
import { RULES, type RuleId } from "./rule-book.ts";
import type { ScanResult } from "./scan-text.ts";
import { hideSecrets } from "./secrets/hide-secrets.ts";

/** The text of a rule; null: it is not one of the scan, but of the file's syntax. */
export function findRule(id: string): (typeof RULES)[RuleId] | null {
  return Object.hasOwn(RULES, id) ? RULES[id as RuleId] : null;
}

/** A path as people write it, without secrets: `mcpServers.github.env.TOKEN`, `args[2]`. */
export function toPathText(path: Path): string {
  const text = path
    .map((step) =>
      typeof step === "number"
        ? `[${step}]`
        : /^[\w$@/.-]+$/.test(step)
          ? `.${step}`
          : `["${step}"]`,
    )
    .join("");
  return hideSecrets(text.replace(/^\./, ""));
}

/** Findings as they can be given away: without the edits of fixes, which can repeat values, and without secrets in names. */
export function toPublicFindings(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({
    ...finding,
    server: finding.server === null ? null : hideSecrets(finding.server),
    path: finding.path.map((step) => (typeof step === "string" ? hideSecrets(step) : step)),
    fix: null,
  }));
}

/** The result as JSON, without secrets: the edits of fixes, which can repeat values of the file, are not in it. */
export function toJsonReport(result: ScanResult, file: string): string {
  const { kind, client, servers, tools, counts, risk, findings } = result;
  const report = {
    file: hideSecrets(file),
    kind,
    client: kind === "configuration" ? client : null,
    servers,
    tools,
    risk,
    counts,
    findings: findings.map(({ rule, severity, server, path, range, message, why, fix }) => ({
      rule,
      title: findRule(rule)?.title ?? null,
      severity,
      server: server === null ? null : hideSecrets(server),
      path: toPathText(path),
      line: range?.line ?? null,
      column: range?.column ?? null,
      message,
      why,
      fix: fix?.title ?? null,
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
