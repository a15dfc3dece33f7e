import { isMap } from "../documents/node.ts";
import type { Fix } from "../finding.ts";
import type { Path } from "../model.ts";
import { checkCommand } from "./check-command.ts";
import { checkSpelling } from "./check-spelling.ts";
import {
  ADDRESS_FIELDS,
  COMMAND_FIELDS,
  ENV_FIELDS,
  HEADER_FIELDS,
  splitWords,
  toRename,
  type Entry,
  type Problem,
} from "./problem.ts";

/** Kinds of Goose’s extensions that are no servers of others. */
const BUILT_IN = new Set(["builtin", "platform", "frontend", "inline_python"]);

/** Checks that a server has the members that its client reads. */
export function checkMembers(entry: Entry): Problem[] {
  const spelling = checkSpelling(entry);
  // A server without a command has one, if its name is a slip away.
  const hasMisspelled = spelling.some(({ severity }) => severity === "high");
  return [
    ...(hasMisspelled ? [] : checkKind(entry)),
    ...checkNames(entry, ENV_FIELDS, entry.format.env, "variables"),
    ...checkNames(entry, HEADER_FIELDS, entry.format.headers[0] ?? "", "headers"),
    ...checkCommand(entry),
    ...checkArguments(entry),
    ...checkTexts(entry, entry.format.env),
    ...checkTexts(entry, entry.format.headers[0] ?? ""),
    ...checkSwitch(entry),
    ...checkToken(entry),
    ...spelling,
  ];
}

function checkKind(entry: Entry): Problem[] {
  const { client, format, label, members, path } = entry;
  const addresses = ADDRESS_FIELDS.filter((field) => Object.hasOwn(members, field));
  const commands = COMMAND_FIELDS.filter((field) => Object.hasOwn(members, field));
  const own = format.urls.map(({ field }) => field);
  if (addresses.length > 0 && commands.length > 0)
    return [
      {
        severity: "high",
        path: [...path, addresses[0] ?? ""],
        message: "The server has a command and an address.",
        why: `${label} can use one of them only, and the other one is misleading. Remove the one that is wrong.`,
      },
    ];
  if (addresses.length === 0 && commands.length === 0) {
    if (client === "goose" && BUILT_IN.has(String(members["type"]))) return [];
    return [
      {
        severity: "high",
        path,
        message: `The server has neither “${format.command}” nor “${own[0] ?? "url"}”.`,
        why: `${label} does not know what to start or where to connect.`,
      },
    ];
  }
  const [address] = addresses;
  const [command] = commands;
  if (address !== undefined && !own.includes(address)) return [toWrongName(entry, address, own[0])];
  if (command !== undefined && command !== format.command)
    return [toWrongName(entry, command, format.command)];
  const value = members[address ?? command ?? ""];
  const isList = format.args === null && address === undefined;
  if (isList ? Array.isArray(value) : typeof value === "string") return [];
  const words = typeof value === "string" ? splitWords(value) : null;
  const args: unknown = members["args"];
  const more = Array.isArray(args) ? (args as unknown[]) : [];
  return [
    {
      severity: "high",
      path: [...path, address ?? command ?? ""],
      message: isList ? "The command is no list." : "The value is no text.",
      why: isList
        ? `${label} takes the program and its arguments as one list.`
        : `${label} takes a text here.`,
      fix:
        isList && words
          ? {
              title: "Write it as a list",
              edits: [
                { path: [...path, "command"], value: [...words, ...more] },
                { path: [...path, "args"], value: undefined },
              ],
            }
          : null,
    },
  ];
}

function toWrongName({ label, members, path }: Entry, field: string, own = "url"): Problem {
  return {
    severity: "high",
    path: [...path, field],
    message: `“${field}” is “${own}” in the file of ${label}.`,
    why: `${label} does not read “${field}”, so that the server is missing.`,
    fix: toRename(path, field, own, members[field]),
  };
}

/** A member with the name that another client gives it. */
function checkNames(entry: Entry, names: readonly string[], own: string, what: string): Problem[] {
  const { members, path, label, format } = entry;
  if (Object.hasOwn(members, own)) return [];
  const wrong = names.find((name) => name !== own && Object.hasOwn(members, name));
  if (wrong === undefined) return [];
  const isNested = format.headers.length > 1 && what === "headers";
  const value = isNested ? { [format.headers[1] ?? ""]: members[wrong] } : members[wrong];
  return [
    {
      severity: "high",
      path: [...path, wrong],
      message: `“${wrong}” is “${isNested ? format.headers.join(".") : own}” in the file of ${label}.`,
      why: `${label} ignores “${wrong}”: the server gets no ${what}.`,
      fix: toRename(path, wrong, own, value),
    },
  ];
}

function checkArguments({ format, label, members, path }: Entry): Problem[] {
  const field = format.args;
  if (field === null || !Object.hasOwn(members, field)) return [];
  const args = members[field];
  const place = [...path, field];
  const why = `${label} takes the arguments as a list of texts.`;
  if (typeof args === "string") {
    const words = splitWords(args);
    const fix = words && { title: "Write it as a list", edits: [{ path: place, value: words }] };
    return [
      {
        severity: "high",
        path: place,
        message: "The arguments are one text.",
        why,
        fix: fix ?? null,
      },
    ];
  }
  if (!Array.isArray(args))
    return [{ severity: "high", path: place, message: "The arguments are no list.", why }];
  return args.flatMap((item: unknown, index): Problem[] =>
    typeof item === "string"
      ? []
      : [
          {
            severity: "medium",
            path: [...place, index],
            message: "An argument is no text.",
            why,
            fix: toTextFix([...place, index], item),
          },
        ],
  );
}

/** The values of variables and headers are texts. */
function checkTexts({ format, label, members, path }: Entry, field: string): Problem[] {
  if (!Object.hasOwn(members, field)) return [];
  const value = members[field];
  const place = [...path, field];
  // Continue has its headers one level below.
  if (field === format.headers[0] && format.headers.length > 1) return [];
  if (!isMap(value))
    return [
      {
        severity: "high",
        path: place,
        message: `“${field}” is no map.`,
        why: `${label} takes names with their values here.`,
      },
    ];
  return Object.entries(value).flatMap(([name, member]): Problem[] =>
    typeof member === "string"
      ? []
      : [
          {
            severity: "medium",
            path: [...place, name],
            message: `The value of “${name}” is no text.`,
            why: `${label} takes texts only. Some versions refuse the whole file.`,
            fix: toTextFix([...place, name], member),
          },
        ],
  );
}

function toTextFix(path: Path, value: unknown): Fix | null {
  if (typeof value !== "number" && typeof value !== "boolean") return null;
  return { title: "Put it in quotes", edits: [{ path, value: String(value) }] };
}

function checkSwitch({ format, label, members, path }: Entry): Problem[] {
  const off = [
    { field: "disabled", value: true },
    { field: "enabled", value: false },
  ].find(({ field, value }) => members[field] === value && format.enabled?.field !== field);
  if (!off) return [];
  const { enabled } = format;
  return [
    {
      severity: "medium",
      path: [...path, off.field],
      message: `${label} does not read “${off.field}”.`,
      why: "The server is started although the file says that it is switched off.",
      fix: enabled
        ? toRename(path, off.field, enabled.field, !enabled.on)
        : { title: "Remove the server", edits: [{ path, value: undefined }] },
    },
  ];
}

function checkToken({ client, members, path }: Entry): Problem[] {
  if (client !== "codex" || !Object.hasOwn(members, "bearer_token")) return [];
  return [
    {
      severity: "high",
      path: [...path, "bearer_token"],
      message: "Codex refuses a token in its file.",
      why: "The server is not started. Name an environment variable in “bearer_token_env_var”.",
      fix: {
        title: "Name a variable instead",
        edits: [
          { path: [...path, "bearer_token"], value: undefined },
          { path: [...path, "bearer_token_env_var"], value: "MCP_TOKEN" },
        ],
      },
    },
  ];
}
