import type { Configuration, ConfiguredServer, Value } from "../../model.ts";
import { canRefer, toEnvironment } from "../../references.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { FoundSecret, SecretPlace } from "./references.ts";

/** Name of the variable that a secret is to be taken from. */
export type NameVariable = (server: ConfiguredServer, place: SecretPlace) => string;

/** Every text of a server's connection. */
function listValues({ connection }: ConfiguredServer): Value[] {
  if (connection.kind === "remote")
    return [connection.url, ...connection.headers.map(({ value }) => value)];
  const { command, args, env, envFile, workingDirectory } = connection;
  const others = [envFile, workingDirectory].filter((value) => value !== null);
  return [command, ...args, ...env.map(({ value }) => value), ...others];
}

/** The variables and inputs that a configuration refers to, in capitals as variables have them. */
export function listReferred({ servers, inputs }: Configuration): Set<string> {
  const referred = servers.flatMap((server) =>
    listValues(server).flatMap(({ template }) =>
      template.flatMap((part) =>
        typeof part === "string" || part.kind === "file" ? [] : [toEnvironment(part).name],
      ),
    ),
  );
  const asked = inputs.map(
    ({ id }) => toEnvironment({ kind: "input", name: id, default: null }).name,
  );
  return new Set([...referred, ...asked].map((name) => name.toUpperCase()));
}

/** The names of placeholders, which fixes write where the client has no references. */
function listPlaceholders({ client, servers }: Configuration): string[] {
  if (canRefer(client, "headers")) return [];
  return servers.flatMap((server) =>
    listValues(server).flatMap(({ raw }) =>
      Array.from(raw.matchAll(/<([A-Za-z_]\w*)>/g), ([, name = ""]) => name.toUpperCase()),
    ),
  );
}

/**
 * Names the variables of secrets: two secrets never have the same name, and none has that of a variable which the file has
 * already, so that fixes can be applied one after the other. No name contains a secret.
 */
export function nameVariables(
  configuration: Configuration,
  found: readonly { server: ConfiguredServer; secrets: readonly FoundSecret[] }[],
): NameVariable {
  const referred = new Set([...listReferred(configuration), ...listPlaceholders(configuration)]);
  const own = new Set(
    configuration.servers.flatMap(({ connection }) =>
      connection.kind === "program" ? connection.env.map(({ name }) => name.toUpperCase()) : [],
    ),
  );
  const secretOf = new Map<string, string>();
  const next = new Map<string, number>();
  const names = new Map<string, string>();
  for (const { server, secrets } of found)
    for (const place of secrets) {
      if (place.certainty === "placeholder") continue;
      const base = suggestName(server.name, place);
      const isFree = (name: string) => {
        const key = name.toUpperCase();
        if (referred.has(key)) return false;
        if (place.kind !== "env" && own.has(key)) return false;
        return (secretOf.get(key) ?? place.secret) === place.secret;
      };
      let name = base;
      for (let number = next.get(base) ?? 2; !isFree(name); number++) {
        name = `${base}_${number}`;
        next.set(base, number);
      }
      secretOf.set(name.toUpperCase(), place.secret);
      names.set(toKey(server, place), name);
    }
  return (server, place) => names.get(toKey(server, place)) ?? suggestName(server.name, place);
}

function toKey(server: ConfiguredServer, { kind, value, secret }: SecretPlace): string {
  return JSON.stringify([server.path, kind, value.path, secret]);
}

/** A name by the server and the place alone. */
function suggestName(server: string, { kind, name }: SecretPlace): string {
  const isShown = hideSecrets(name) === name;
  if (kind === "env" && isShown && /^[A-Za-z_]\w*$/.test(name)) return name;
  const own = isShown ? toWord(name) : "";
  const word = kind === "header" && own === "AUTHORIZATION" ? "TOKEN" : own || "SECRET";
  return `${toWord(hideSecrets(server) === server ? server : "") || "MCP"}_${word}`;
}

function toWord(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_")
    .replaceAll(/^[\d_]+|_+$/g, "");
}
