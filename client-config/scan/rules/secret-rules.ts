import type { Configuration } from "../../model.ts";
import { canReferAt, toReferenceFix, type FoundSecret } from "../secrets/references.ts";
import type { NameVariable } from "../secrets/variable-names.ts";
import { quote, type Draft, type Subject } from "../subject.ts";

/** A server with its secrets. */
export interface SubjectSecrets {
  subject: Subject;
  secrets: readonly FoundSecret[];
}

/** Names that show a credential with wide rights; the value is elsewhere. */
const WIDE_NAME =
  /service[-_]?role|root[-_]?(?:token|key|password)|admin[-_]?(?:token|key|secret)/i;
/** Keys of known formats with wide rights. */
const WIDE_KEY = /^(?:ghp_|sk_live_|sb_secret_|sk-ant-admin|sk-admin-)/;

/** SEC-01 to SEC-04, SEC-06, the literal header of NET-07, AUT-03. */
export function checkSecrets(
  { subject, secrets }: SubjectSecrets,
  nameVariable: NameVariable,
): Draft[] {
  return [
    ...secrets.map((secret) => toDraft(subject, secret, nameVariable)),
    ...checkRights(subject, secrets),
  ];
}

function toDraft(subject: Subject, secret: FoundSecret, nameVariable: NameVariable): Draft {
  const { configuration, server } = subject;
  const { path } = secret.value;
  const fix = toReferenceFix(configuration, server, secret, nameVariable(server, secret));
  const name = quote(secret.label);
  if (secret.certainty === "known")
    return {
      rule: "SEC-01",
      severity: "critical",
      path,
      message: `The file has a key: ${secret.label}${toPlace(secret)}.`,
      fix,
    };
  if (secret.certainty === "placeholder")
    return {
      rule: "SEC-04",
      severity: "low",
      path,
      message: `${name} is still a placeholder.`,
      fix: null,
    };
  if (secret.certainty === "weak")
    return {
      rule: "SEC-06",
      severity: "info",
      path,
      message: `${name} has a literal value.`,
      // A placeholder in its place would only stop the server.
      fix: canReferAt(configuration.client, secret.kind) ? fix : null,
    };
  if (secret.kind !== "url" && secret.kind !== "argument" && secret.kind !== "command")
    return {
      rule: "SEC-02",
      severity: "high",
      path,
      message: `${name} has a literal secret.`,
      fix,
    };
  const program = "facts" in subject ? subject : subject.bridge;
  const isBridge =
    program?.facts.package?.name === "mcp-remote" &&
    /authorization|header|key|token/i.test(secret.name) &&
    secret.kind === "argument";
  const place = secret.kind === "url" ? "address" : "command line";
  return {
    rule: isBridge ? "NET-07" : "SEC-03",
    severity: "high",
    path,
    message: isBridge
      ? `mcp-remote gets a literal credential: ${name}.`
      : `The ${place} has a secret: ${name}.`,
    fix,
  };
}

function toPlace({ kind, name }: FoundSecret): string {
  if (kind === "env") return ` in the variable ${quote(name)}`;
  if (kind === "header") return ` in the header ${quote(name)}`;
  if (kind === "url") return " in the address";
  if (kind === "argument") return " in an argument";
  return "";
}

/** AUT-03. */
function checkRights(subject: Subject, secrets: readonly FoundSecret[]): Draft[] {
  const wide = secrets.find(
    ({ certainty, secret }) => certainty === "known" && WIDE_KEY.test(secret),
  );
  if (wide)
    return [
      {
        rule: "AUT-03",
        severity: "medium",
        path: wide.value.path,
        message: `The ${wide.label} opens more than one task needs.`,
      },
    ];
  if (!("facts" in subject)) return [];
  const named = subject.program.env.find(({ name }) => WIDE_NAME.test(name));
  return named
    ? [
        {
          rule: "AUT-03",
          severity: "medium",
          path: named.value.path,
          message: `${quote(named.name)} opens more than one task needs.`,
        },
      ]
    : [];
}

/** SEC-05: over all servers of a file. */
export function checkSharedSecrets(
  configuration: Configuration,
  all: readonly SubjectSecrets[],
  { isShared, nameVariable }: { isShared: boolean; nameVariable: NameVariable },
): (Draft & { server: string })[] {
  const found = new Map<string, string>();
  const drafts: (Draft & { server: string })[] = [];
  for (const { subject, secrets } of all)
    for (const secret of secrets) {
      if (secret.certainty !== "known" && secret.certainty !== "likely") continue;
      const { server } = subject;
      const first = found.get(secret.secret);
      found.set(secret.secret, first ?? server.name);
      const isFirstOfFile = isShared && drafts.length === 0;
      if (!isFirstOfFile && (first === undefined || first === server.name)) continue;
      drafts.push({
        rule: "SEC-05",
        severity: "high",
        server: server.name,
        path: secret.value.path,
        message:
          first === undefined || first === server.name
            ? "Others get this file, and it has a secret."
            : `${quote(server.name)} and ${quote(first)} have the same secret.`,
        fix: toReferenceFix(configuration, server, secret, nameVariable(server, secret)),
      });
    }
  return drafts;
}
