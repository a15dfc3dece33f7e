import { parseArgs } from "node:util";
import { CLIENT_IDS, type ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import { Problem, toReason } from "./problem.ts";
import { toRegistryUrl } from "./registry.ts";
import type { Selection } from "./targets.ts";

/** What `--help` prints. */
export const USAGE = `Keeps the MCP servers of a registry in the configuration files of the clients on this machine.

  mcpnest-registry-client list  --registry URL [--token-env NAME]
  mcpnest-registry-client plan  --registry URL [--token-env NAME] [options]
  mcpnest-registry-client apply --registry URL [--token-env NAME] [options]

list   prints what the registry lists
plan   prints what apply would change, and changes nothing
apply  writes it, after a copy of each file that it changes

  --registry URL         such as https://gateway.example.com/api/registry/acme, or any that serves /v0.1/servers
  --token-env NAME       the environment variable with the registry's token
  --client ID            a client, also if it is not on this machine; can be repeated
                         (${CLIENT_IDS.slice(0, 8).join(", ")},
                         ${CLIENT_IDS.slice(8).join(", ")})
  --file PATH            another file in the format of the one --client
  --project FOLDER       the files of a project, not those of the person
  --server NAME          a server of the registry, by its full name; can be repeated; the others stay unchanged
  --allow-literal-token  write the values of secrets into files of clients that cannot refer to variables
  --force                overwrite and remove what this program wrote, also if it was changed by hand
  --dry-run              with apply: the same as plan
  --yes                  remove also more than half of what the registry has written to a file
`;

/** A command with its options. */
export interface Command {
  name: "list" | "plan" | "apply";
  registryUrl: string;
  tokenEnv: string | null;
  selection: Selection;
  /** Full names; empty: all. */
  servers: string[];
  allowsLiteralTokens: boolean;
  force: boolean;
  acceptsRemovals: boolean;
}

/** Reads the command line; null: it asks for help. Throws a `Problem` that says what is wrong. */
export function readCommand(args: string[]): Command | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const [name, ...others] = positionals;
  if (name !== "list" && name !== "plan" && name !== "apply")
    throw refuse(name === undefined ? "A command is missing" : `Unknown command ${name}`);
  if (others.length > 0) throw refuse(`Unexpected argument ${others[0]}`);
  if (values.registry === undefined) throw refuse("--registry is missing");
  const tokenEnv = values["token-env"] ?? null;
  if (tokenEnv !== null && !/^[A-Za-z_]\w{0,99}$/.test(tokenEnv))
    throw new Problem("--token-env takes the name of an environment variable, not the token", 2);
  const clients = (values.client ?? []).map(toClientId);
  const { file = null, project = null } = values;
  if (file !== null && (clients.length !== 1 || project !== null))
    throw refuse(
      "--file needs exactly one --client, which says how the file is written, and no --project",
    );
  return {
    name: name === "apply" && values["dry-run"] === true ? "plan" : name,
    registryUrl: toRegistryUrl(values.registry),
    tokenEnv,
    selection: { clients, file, project },
    servers: values.server ?? [],
    allowsLiteralTokens: values["allow-literal-token"] ?? false,
    force: values.force ?? false,
    acceptsRemovals: values.yes ?? false,
  };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    registry: text,
    "token-env": text,
    client: { ...text, multiple: true },
    file: text,
    project: text,
    server: { ...text, multiple: true },
    "allow-literal-token": flag,
    force: flag,
    "dry-run": flag,
    yes: flag,
    help: { ...flag, short: "h" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw refuse(toReason(error).split(". To specify")[0] ?? "");
  }
}

function toClientId(text: string): ClientId {
  const client = CLIENT_IDS.find((id) => id === text);
  if (client === undefined)
    throw refuse(`Unknown client ${text}. Clients: ${CLIENT_IDS.join(", ")}`);
  return client;
}

function refuse(reason: string): Problem {
  return new Problem(`${escapeLine(reason)}. See --help`, 2);
}
