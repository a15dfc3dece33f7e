import type {
  Configuration,
  ConfiguredServer,
  Input,
  NamedValue,
  Template,
  Value,
} from "../model.ts";
import { findSecrets, type FoundSecret } from "./secrets/find-secrets.ts";
import { toSubject } from "./subject.ts";

/**
 * The configuration with an input in the place of each secret and each placeholder, so that VS Code asks for it. Nothing of
 * a secret is left in it.
 */
export function withInputs(configuration: Configuration): Configuration {
  const inputs: Input[] = [...configuration.inputs];
  const servers = configuration.servers.map((server) => {
    const secrets = findSecrets(toSubject(configuration, server, false));
    const byPath = new Map(secrets.map((secret) => [JSON.stringify(secret.value.path), secret]));
    const replace = (value: Value): Value => {
      const secret = byPath.get(JSON.stringify(value.path));
      if (!secret || value.template.some((part) => typeof part !== "string")) return value;
      const id = addInput(inputs, server, secret);
      return { ...value, template: toTemplate(value.raw, secret.secret, id) };
    };
    return replaceValues(server, replace);
  });
  return { ...configuration, servers, inputs };
}

function replaceValues(
  server: ConfiguredServer,
  replace: (value: Value) => Value,
): ConfiguredServer {
  const named = (values: NamedValue[]) =>
    values.map(({ name, value }) => ({ name, value: replace(value) }));
  const { connection } = server;
  if (connection.kind === "program")
    return {
      ...server,
      connection: {
        ...connection,
        command: replace(connection.command),
        args: connection.args.map(replace),
        env: named(connection.env),
      },
    };
  return {
    ...server,
    connection: {
      ...connection,
      url: replace(connection.url),
      headers: named(connection.headers),
      bridge: null,
    },
  };
}

function toTemplate(raw: string, secret: string, id: string): Template {
  const reference = { kind: "input", name: id, default: null } as const;
  const at = raw.indexOf(secret);
  if (at === -1) return [reference];
  const parts = [raw.slice(0, at), reference, raw.slice(at + secret.length)] as const;
  return parts.filter((part) => part !== "");
}

function addInput(inputs: Input[], server: ConfiguredServer, { name, label }: FoundSecret): string {
  const word = `${server.name}-${name || "secret"}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const taken = new Set(inputs.map(({ id }) => id));
  let id = word;
  for (let number = 2; taken.has(id); number++) id = `${word}-${number}`;
  inputs.push({
    id,
    description: `${name || label} of ${server.name}`,
    isSecret: true,
    choices: [],
    default: null,
    path: [],
    own: {},
  });
  return id;
}
