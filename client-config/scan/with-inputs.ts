import type {
  Configuration,
  ConfiguredServer,
  Input,
  NamedValue,
  Reference,
  Template,
  Value,
} from "../model.ts";
import { toEnvironment, toTemplate } from "../references.ts";
import { findRest } from "./secrets/find-rest.ts";
import { findSecrets } from "./secrets/find-secrets.ts";
import { hideSecrets, toMarks } from "./secrets/hide-secrets.ts";
import { toSpans } from "./secrets/named-secrets.ts";
import type { FoundSecret, SecretPlace } from "./secrets/references.ts";
import { listReferred } from "./secrets/variable-names.ts";
import { toSubject } from "./subject.ts";

/** Most secrets that are searched for in values other than their own. */
const MAX_SEARCHED = 200;
/** Takes the place of a secret in a name, which no client asks for. */
const IN_NAME = "SECRET";

/**
 * The configuration with an input in the place of each secret and each placeholder, so that VS Code asks for it. Nothing of
 * a secret is left in it: names that contain one are changed.
 */
export function withInputs(configuration: Configuration): Configuration {
  const found = configuration.servers.map((server) => ({
    server,
    secrets: findSecrets(toSubject(configuration, server, false)),
  }));
  const everywhere = found
    .flatMap(({ secrets }) => secrets)
    .filter(({ certainty }) => certainty === "known" || certainty === "likely")
    .slice(0, MAX_SEARCHED);
  const clean = makeCleaner(everywhere);
  const inputs = configuration.inputs.map((input) => cleanInput(input, clean));
  const ask = makeAsker(inputs, listReferred(configuration));
  const takeName = makeNames(configuration.servers.map(({ name }) => name));
  const servers = found.map(({ server, secrets }): ConfiguredServer => {
    const name = takeName(server.name, clean(server.name) === server.name ? null : "server");
    const byPath = Map.groupBy(secrets, ({ value }) => JSON.stringify(value.path));
    const replace = (kind: SecretPlace["kind"], of: string, value: Value): Value => {
      const own = byPath.get(JSON.stringify(value.path)) ?? [];
      const others = everywhere.filter(({ secret }) => value.raw.includes(secret));
      const cleaned = { ...value, template: cleanReferences(value.template, clean) };
      const template = replaceParts(cleaned, { kind, of, known: [...own, ...others] }, (secret) =>
        ask(name, secret),
      );
      return { ...value, template };
    };
    return { ...replaceValues(server, replace, clean), name, ...cleanSettings(server, clean) };
  });
  return { ...configuration, servers, inputs };
}

/** A text in which each secret is replaced by a word. */
type Clean = (text: string) => string;

function makeCleaner(everywhere: readonly FoundSecret[]): Clean {
  const secrets = [...new Set(everywhere.map(({ secret }) => secret))];
  return (text) => {
    const known = secrets.reduce((left, secret) => left.replaceAll(secret, IN_NAME), text);
    return toMarks(known).reduceRight(
      (left, { start, end }) => left.slice(0, start) + IN_NAME + left.slice(end),
      known,
    );
  };
}

function cleanInput(input: Input, clean: Clean): Input {
  const { id, description, default: preset, choices, own } = input;
  return {
    ...input,
    id: clean(id),
    description: description === null ? null : clean(description),
    default: preset === null || clean(preset) !== preset ? null : preset,
    choices: choices.map(clean),
    own: cleanValue(own, clean) as Input["own"],
  };
}

function cleanReferences(template: Template, clean: Clean): Template {
  return template.map((part) => {
    if (typeof part === "string") return part;
    const { name, default: preset } = part;
    const isKept = preset === null || clean(preset) === preset;
    return { ...part, name: clean(name), default: isKept ? preset : null };
  });
}

function cleanSettings(server: ConfiguredServer, clean: Clean): Partial<ConfiguredServer> {
  const { approvedTools, includedTools, excludedTools, own } = server;
  return {
    approvedTools: approvedTools === "all" ? "all" : approvedTools.map(clean),
    includedTools: includedTools && includedTools.map(clean),
    excludedTools: excludedTools.map(clean),
    own: cleanValue(own, clean) as ConfiguredServer["own"],
  };
}

function cleanValue(value: unknown, clean: Clean, name = ""): unknown {
  if (typeof value === "string") {
    const place = { kind: "other", name, value: { raw: value, path: [] }, text: value } as const;
    return findRest(place, []).length > 0 ? `<${IN_NAME}>` : clean(value);
  }
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, clean, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [clean(key), cleanValue(member, clean, key)]),
  );
}

function replaceValues(
  server: ConfiguredServer,
  replace: (kind: SecretPlace["kind"], of: string, value: Value) => Value,
  clean: Clean,
): ConfiguredServer {
  const named = (kind: "env" | "header", values: NamedValue[]) => {
    const takeName = makeNames(values.map(({ name }) => name));
    return values.map(({ name, value }) => ({
      name: takeName(name, clean(name) === name ? null : IN_NAME),
      value: replace(kind, name, value),
    }));
  };
  const { connection } = server;
  if (connection.kind === "program") {
    const { command, args, env, envFile, workingDirectory } = connection;
    return {
      ...server,
      connection: {
        ...connection,
        command: replace("command", "", command),
        args: args.map((value) => replace("argument", "", value)),
        env: named("env", env),
        envFile: envFile && replace("other", "", envFile),
        workingDirectory: workingDirectory && replace("other", "", workingDirectory),
      },
    };
  }
  return {
    ...server,
    connection: {
      ...connection,
      url: replace("url", "", connection.url),
      headers: named("header", connection.headers),
      bridge: null,
    },
  };
}

/** The parts of a value with a reference for each secret: the known ones, the longest first, and what else is not shown. */
function replaceParts(
  value: Value,
  { kind, of, known }: { kind: SecretPlace["kind"]; of: string; known: readonly FoundSecret[] },
  ask: (secret: FoundSecret) => Reference,
): Template {
  const longest = known.toSorted((a, b) => b.secret.length - a.secret.length);
  let parts: Template = value.template;
  const swap = (secret: FoundSecret) => {
    parts = parts.flatMap((part) => {
      if (typeof part !== "string") return [part];
      const spans = toSpans(part, secret.secret);
      if (spans.length === 0) return [part];
      const reference = ask(secret);
      return [
        ...spans.flatMap(({ start }, i) => [part.slice(spans[i - 1]?.end ?? 0, start), reference]),
        part.slice(spans.at(-1)?.end ?? 0),
      ];
    });
  };
  for (const secret of longest) swap(secret);
  for (const part of parts)
    if (typeof part === "string")
      for (const secret of findRest({ kind, name: of, value, text: part }, [])) swap(secret);
  return toTemplate(parts);
}

/** Makes the input of a secret: a secret has one, and no two have the same variable where a client has no inputs. */
function makeAsker(
  inputs: Input[],
  taken: Set<string>,
): (server: string, secret: FoundSecret) => Reference {
  const known = new Map<string, Reference>();
  const next = new Map<string, number>();
  const toName = (id: string) => toEnvironment({ kind: "input", name: id, default: null }).name;
  return (server, { name, label, secret, certainty }) => {
    const isSame = certainty === "known" || certainty === "likely";
    const key = isSame ? secret : JSON.stringify([server, name, secret]);
    const asked = known.get(key);
    if (asked) return asked;
    const shown = hideSecrets(name) === name ? name : "";
    const word = `${server}-${shown || "secret"}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-+|-+$/g, "");
    let id = word;
    for (let number = next.get(word) ?? 2; taken.has(toName(id)); number++) {
      id = `${word}-${number}`;
      next.set(word, number);
    }
    taken.add(toName(id));
    inputs.push({
      id,
      description: `${shown || hideSecrets(label)} of ${server}`,
      isSecret: true,
      choices: [],
      default: null,
      path: [],
      own: {},
    });
    const reference: Reference = { kind: "input", name: id, default: null };
    known.set(key, reference);
    return reference;
  };
}

/** Gives a name that no other has in place of one that has a secret. `instead` null: it has none, and stays. */
function makeNames(names: readonly string[]): (name: string, instead: string | null) => string {
  const taken = new Set(names);
  let number = 1;
  return (name, instead) => {
    if (instead === null) return name;
    let free = instead;
    while (taken.has(free)) free = `${instead}_${++number}`;
    taken.add(free);
    return free;
  };
}
