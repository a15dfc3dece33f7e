import { countErrors } from "../../workers/contract/text/typing-errors.ts";
import { FORMATS, type ClientFormat } from "../formats/format.ts";
import {
  ADDRESS_FIELDS,
  COMMAND_FIELDS,
  ENV_FIELDS,
  HEADER_FIELDS,
  toRename,
  type Entry,
  type Problem,
} from "./problem.ts";

/** Wrong letters with which a long name is still recognized. */
const MAX_ERRORS = 2;

/** Members of clients that no format of `FORMATS` has, because the model does not read them. */
const OTHER_MEMBERS = [
  "name",
  "display_name",
  "description",
  "type",
  "transport",
  "inputs",
  "auth",
  "oauth",
  "scopes",
  "icon",
  "roots",
  "alwaysAllow",
  "bundled",
  "timeout",
  "startup_timeout_sec",
  "startup_timeout_ms",
  "bearer_token",
  "bearer_token_env_var",
  "env_http_headers",
  "env_vars",
  "env_keys",
  "required",
  "settings",
  "source",
  "sandbox",
  "dev",
  "url",
  "tools",
];

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(FORMATS).flatMap(listMembers),
  ...ADDRESS_FIELDS,
  ...COMMAND_FIELDS,
  ...ENV_FIELDS,
  ...HEADER_FIELDS,
  ...OTHER_MEMBERS,
]);

/** The members that a client’s format reads. */
function listMembers(format: ClientFormat): string[] {
  const { command, args, env, workingDirectory, envFile, urls, headers, excluded } = format;
  const settings = [format.enabled, format.timeout, format.approved, format.included];
  return [
    command,
    args,
    env,
    workingDirectory,
    envFile,
    excluded,
    headers[0],
    ...urls.map(({ field }) => field),
    ...settings.map((setting) => setting?.field),
  ].flatMap((name) => name ?? []);
}

/** Finds members that no client knows and that are a slip away from one of this client. Other unknown ones are left alone. */
export function checkSpelling({ format, label, members, path }: Entry): Problem[] {
  const targets = listTargets(format);
  const connecting = new Set([format.command, ...format.urls.map(({ field }) => field)]);
  return Object.entries(members).flatMap(([name, value]): Problem[] => {
    if (KNOWN.has(name)) return [];
    const meant = findMeant(name, targets);
    if (meant === null || Object.hasOwn(members, meant)) return [];
    return [
      {
        severity: connecting.has(meant) ? "high" : "medium",
        path: [...path, name],
        message: `“${name}” is probably “${meant}”.`,
        why: `${label} does not read “${name}”.`,
        fix: toRename(path, name, meant, value),
      },
    ];
  });
}

/** The names that a person can have meant, each with the client’s own name of it. */
function listTargets(format: ClientFormat): ReadonlyMap<string, string> {
  const { command, env, headers, urls } = format;
  const [address] = urls;
  const [outer, inner] = headers;
  const others: readonly [readonly string[], string | undefined][] = [
    [COMMAND_FIELDS, command],
    [ENV_FIELDS, env],
    [HEADER_FIELDS, inner === undefined ? outer : undefined],
    [ADDRESS_FIELDS, address?.field],
  ];
  return new Map([
    ...others.flatMap(([names, own]) =>
      own === undefined ? [] : names.map((name) => [name, own] as const),
    ),
    ...listMembers(format).map((name) => [name, name] as const),
  ]);
}

/** The one nearest name; null: none is near, or several are. */
function findMeant(name: string, targets: ReadonlyMap<string, string>): string | null {
  const near = [...targets].flatMap(([target, own]) => {
    const distance = countErrors(name.toLowerCase(), target.toLowerCase(), MAX_ERRORS);
    // Two of four letters are another word: `tags` is not `args`.
    return distance <= (target.length > 4 ? MAX_ERRORS : 1) && name.length > 2
      ? [{ own, distance }]
      : [];
  });
  const least = Math.min(...near.map(({ distance }) => distance));
  const nearest = new Set(near.flatMap(({ own, distance }) => (distance === least ? [own] : [])));
  const [meant] = nearest;
  return nearest.size === 1 && meant !== undefined ? meant : null;
}
