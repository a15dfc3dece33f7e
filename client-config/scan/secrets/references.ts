import type { ClientId } from "../../../workers/contract/marketplace/install/clients.ts";
import type { Edit, Fix } from "../../finding.ts";
import type { Configuration, ConfiguredServer, Path, Value } from "../../model.ts";
import { canRefer, writeTemplate, type Place } from "../../references.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { toSpans } from "./named-secrets.ts";

/** Clients that get environment variables by a list of names. */
const NAME_LISTS: Partial<Record<ClientId, string>> = { codex: "env_vars", goose: "env_keys" };

/** A secret within a value. */
export interface SecretPlace {
  kind: "env" | "header" | "argument" | "url" | "command" | "other";
  /** Name of the variable, header or option; empty: none. */
  name: string;
  value: Pick<Value, "raw" | "path">;
  /** The secret itself. */
  secret: string;
}

/** Something that is, or should be, a secret. */
export interface FoundSecret extends SecretPlace {
  /** `known`: a key of a known format. */
  certainty: "known" | "likely" | "weak" | "placeholder";
  /** What it is, such as `GitHub token` or `API_KEY`. */
  label: string;
}

/** What the client's references say of each place. */
const PLACES: Partial<Record<SecretPlace["kind"], Place>> = {
  env: "env",
  header: "headers",
  argument: "args",
  url: "url",
  command: "command",
};

/** Whether the file of the client can refer to a value that is elsewhere, at the place of a secret. */
export function canReferAt(client: ClientId, kind: SecretPlace["kind"]): boolean {
  if (kind === "env" && NAME_LISTS[client] !== undefined) return true;
  if (client === "codex" && kind === "header") return true;
  const at = PLACES[kind];
  return at !== undefined && canRefer(client, at);
}

/** Replaces a secret by a reference to the variable `name`, or by a placeholder where the client has none. */
export function toReferenceFix(
  configuration: Configuration,
  server: ConfiguredServer,
  place: SecretPlace,
  name: string,
): Fix {
  const { client } = configuration;
  const { kind, value } = place;
  const list = NAME_LISTS[client];
  if (list !== undefined && kind === "env" && name === place.name)
    return {
      title: `Take ${name} from the environment`,
      edits: [{ path: value.path, value: undefined }, addToList(server, list, name)],
    };
  if (client === "codex" && kind === "header") return toCodexFix(server, place, name);
  const at = PLACES[kind];
  if (at === undefined || !canRefer(client, at))
    return {
      title: `Replace by <${name}>`,
      edits: [{ path: value.path, value: swap(place, `<${name}>`) }],
    };
  const asks = client === "vscode";
  const reference = asks
    ? ({ kind: "input", name: toInputId(name), default: null } as const)
    : ({ kind: "environment", name, default: null } as const);
  const text = writeTemplate([reference], client, at);
  return {
    title: asks ? `Let VS Code ask for ${name}` : `Refer to ${text} instead`,
    edits: [
      { path: value.path, value: swap(place, text) },
      ...(asks ? addInput(configuration, name, server.name) : []),
    ],
  };
}

function swap({ value, secret }: SecretPlace, text: string): string {
  const spans = toSpans(value.raw, secret);
  if (spans.length === 0) return text;
  return spans.reduceRight(
    (raw, { start, end }) => raw.slice(0, start) + text + raw.slice(end),
    value.raw,
  );
}

function toInputId(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function addToList(server: ConfiguredServer, list: string, name: string): Edit {
  const { connection } = server;
  const env = connection.kind === "program" ? connection.env : [];
  const listed = env.filter(({ value }) => value.path.includes(list)).map((one) => one.name);
  return { path: [...server.path, list], value: [...new Set([...listed, name])] };
}

function toCodexFix(server: ConfiguredServer, place: SecretPlace, name: string): Fix {
  const isBearer =
    place.name.toLowerCase() === "authorization" && /^bearer /i.test(place.value.raw);
  const member: Path = isBearer ? ["bearer_token_env_var"] : ["env_http_headers", place.name];
  return {
    title: `Take ${name} from the environment`,
    edits: [
      { path: place.value.path, value: undefined },
      { path: [...server.path, ...member], value: name },
    ],
  };
}

function addInput({ inputs }: Configuration, name: string, server: string): Edit[] {
  const id = toInputId(name);
  if (inputs.some((input) => input.id === id)) return [];
  const input = {
    type: "promptString",
    id,
    description: `${name} of ${hideSecrets(server)}`,
    password: true,
  };
  return [
    inputs.length === 0
      ? { path: ["inputs"], value: [input] }
      : { path: ["inputs", inputs.length], value: input },
  ];
}
