import type { Configuration } from "../../model.ts";
import { findSecrets, type FoundSecret } from "../secrets/find-secrets.ts";
import { canReferToVariable, toReferenceFix } from "../secrets/references.ts";
import { quote, type Draft, type Subject } from "../subject.ts";

/** Names that show a credential with wide rights; the value is elsewhere. */
const WIDE_NAME =
  /service[-_]?role|root[-_]?(?:token|key|password)|admin[-_]?(?:token|key|secret)/i;
/** Keys of known formats with wide rights. */
const WIDE_KEY = /^(?:ghp_|sk_live_|sb_secret_|sk-ant-admin|sk-admin-)/;

/** SEC-01 to SEC-04, SEC-06, the literal header of NET-07, AUT-03. */
export function checkSecrets(subject: Subject): Draft[] {
  const secrets = findSecrets(subject);
  return [
    ...secrets.flatMap((secret) => toDraft(subject, secret)),
    ...checkRights(subject, secrets),
  ];
}

function toDraft(subject: Subject, secret: FoundSecret): Draft[] {
  const { configuration, server } = subject;
  const { path } = secret.value;
  const fix = toReferenceFix(configuration, server, secret);
  const name = quote(secret.label);
  if (secret.certainty === "known")
    return [
      {
        rule: "SEC-01",
        severity: "critical",
        path,
        message: `The file has a key: ${secret.label}${toPlace(secret)}.`,
        fix,
      },
    ];
  if (secret.certainty === "placeholder")
    return [
      {
        rule: "SEC-04",
        severity: "low",
        path,
        message: `${name} is still a placeholder.`,
        fix: null,
      },
    ];
  if (secret.certainty === "weak")
    return canReferToVariable(configuration.client)
      ? [{ rule: "SEC-06", severity: "info", path, message: `${name} has a literal value.`, fix }]
      : [];
  if (secret.kind === "url" || secret.kind === "argument") {
    const program = "facts" in subject ? subject : subject.bridge;
    const isBridge = program?.facts.package?.name === "mcp-remote";
    const place = secret.kind === "url" ? "address" : "command line";
    return [
      isBridge && /authorization|header|key|token/i.test(secret.name) && secret.kind === "argument"
        ? {
            rule: "NET-07",
            severity: "high",
            path,
            message: `mcp-remote gets a literal credential: ${name}.`,
            fix,
          }
        : {
            rule: "SEC-03",
            severity: "high",
            path,
            message: `The ${place} has a secret: ${name}.`,
            fix,
          },
    ];
  }
  return [
    { rule: "SEC-02", severity: "high", path, message: `${name} has a literal secret.`, fix },
  ];
}

function toPlace({ kind, name }: FoundSecret): string {
  if (kind === "env") return ` in the variable ${quote(name)}`;
  if (kind === "header") return ` in the header ${quote(name)}`;
  if (kind === "url") return " in the address";
  if (kind === "argument") return " in an argument";
  return "";
}

/** AUT-03. */
function checkRights(subject: Subject, secrets: FoundSecret[]): Draft[] {
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
  subjects: Subject[],
  isShared: boolean,
): (Draft & { server: string })[] {
  const found = new Map<string, string>();
  const drafts: (Draft & { server: string })[] = [];
  for (const subject of subjects)
    for (const secret of findSecrets(subject)) {
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
        fix: toReferenceFix(configuration, server, secret),
      });
    }
  return drafts;
}
