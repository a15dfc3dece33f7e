import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { readBridge } from "./bridge.ts";
import { isMap } from "./documents/node.ts";
import { FORMATS, type ClientFormat } from "./formats/format.ts";
import type {
  ConfiguredServer,
  NamedValue,
  Path,
  Program,
  Remote,
  Template,
  Value,
} from "./model.ts";
import { parseTemplate, type Place } from "./references.ts";

type Members = Readonly<Record<string, unknown>>;

/** Reads one server, and notes which of its members it has understood. */
class ServerReader {
  readonly #client: ClientId;
  readonly #format: ClientFormat;
  readonly #members: Members;
  readonly #path: Path;
  readonly #read = new Set<string>();

  constructor(client: ClientId, members: Members, path: Path) {
    this.#client = client;
    this.#format = FORMATS[client];
    this.#members = members;
    this.#path = path;
  }

  /** Null: the members name neither a program nor an address. */
  read(name: string): ConfiguredServer | null {
    const connection = this.#readProgram() ?? this.#readRemote();
    if (!connection) return null;
    if (this.#client === "goose" && this.#find("name") === name) this.#read.add("name");
    return {
      name,
      path: this.#path,
      connection: readBridge(connection, this.#client),
      isEnabled: this.#readEnabled(),
      timeoutMs: this.#readTimeout(),
      approvedTools: this.#readApproved(),
      includedTools: this.#readIncluded(),
      excludedTools: this.#takeTexts(this.#format.excluded) ?? [],
      own: this.#listOwn(),
    };
  }

  #readProgram(): Program | null {
    const { command, args, env, workingDirectory, envFile } = this.#format;
    const words = this.#readWords(command, args);
    if (!words) return null;
    this.#readType("program");
    return {
      kind: "program",
      ...words,
      env: [...this.#takeNamed([env], "env"), ...this.#readPassedOn()],
      envFile: this.#takeValue(envFile, "envFile"),
      workingDirectory: this.#takeValue(workingDirectory, "workingDirectory"),
    };
  }

  #readWords(command: string, args: string | null): Pick<Program, "command" | "args"> | null {
    if (args !== null) {
      const program = this.#takeValue(command, "command");
      return program && { command: program, args: this.#takeValues(args) ?? [] };
    }
    const [first, ...others] = this.#takeValues(command) ?? [];
    return first ? { command: first, args: others } : null;
  }

  /** Variables that Codex and Goose pass on by name. */
  #readPassedOn(): NamedValue[] {
    const field = this.#client === "codex" ? "env_vars" : "env_keys";
    if (this.#client !== "codex" && this.#client !== "goose") return [];
    const names = this.#takeTexts(field) ?? [];
    return names.map((name, index) => ({
      name,
      value: {
        template: [{ kind: "environment", name, default: null }],
        raw: name,
        path: [...this.#path, field, index],
      },
    }));
  }

  #readRemote(): Remote | null {
    for (const { field, transport } of this.#format.urls) {
      const url = this.#takeValue(field, "url");
      if (!url) continue;
      const headers = [
        ...this.#takeNamed(this.#format.headers, "headers"),
        ...this.#readCodexHeaders(),
      ];
      this.#noteGooseKeys([url, ...headers.map(({ value }) => value)]);
      return {
        kind: "remote",
        transport: transport ?? this.#readTransport(url.raw),
        url,
        headers,
        bridge: null,
      };
    }
    return null;
  }

  #readTransport(url: string): Remote["transport"] {
    const isHttp = this.#readType("streamable-http");
    const isSse = this.#readType("sse");
    if (isHttp !== isSse) return isSse ? "sse" : "streamable-http";
    return this.#format.presumed ?? (/\/sse\/?(?:[?#]|$)/i.test(url) ? "sse" : "streamable-http");
  }

  /** Codex names the variables of headers beside them. */
  #readCodexHeaders(): NamedValue[] {
    if (this.#client !== "codex") return [];
    const fields: NamedValue[] = [];
    const bearer = this.#find("bearer_token_env_var");
    if (typeof bearer === "string") {
      this.#read.add("bearer_token_env_var");
      fields.push(
        this.#toVariableHeader("Authorization", "Bearer ", bearer, ["bearer_token_env_var"]),
      );
    }
    const named = this.#find("env_http_headers");
    if (isTexts(named)) {
      this.#read.add("env_http_headers");
      for (const [name, variable] of Object.entries(named))
        fields.push(this.#toVariableHeader(name, "", variable, ["env_http_headers", name]));
    }
    return fields;
  }

  #toVariableHeader(name: string, prefix: string, variable: string, path: Path): NamedValue {
    const reference = { kind: "environment", name: variable, default: null } as const;
    const template = prefix === "" ? [reference] : [prefix, reference];
    return { name, value: { template, raw: variable, path: [...this.#path, ...path] } };
  }

  /** Goose asks for the variables of an address in `env_keys`: those that its texts have need no other place. */
  #noteGooseKeys(texts: readonly Value[]): void {
    if (this.#client !== "goose") return;
    const used = new Set(texts.flatMap(({ template }) => listNames(template)));
    const keys = this.#find("env_keys");
    const names = Array.isArray(keys) ? new Set<unknown>(keys) : null;
    if (names?.size === used.size && [...used].every((name) => names.has(name)))
      this.#read.add("env_keys");
    const envs = this.#find("envs");
    if (isMap(envs) && Object.keys(envs).length === 0) this.#read.add("envs");
  }

  #readEnabled(): boolean {
    const { enabled } = this.#format;
    const value = enabled === null ? undefined : this.#find(enabled.field);
    if (enabled === null || typeof value !== "boolean") return true;
    this.#read.add(enabled.field);
    return value === enabled.on;
  }

  #readTimeout(): number | null {
    const { timeout } = this.#format;
    const value = timeout === null ? undefined : this.#find(timeout.field);
    if (timeout === null || typeof value !== "number" || !Number.isFinite(value) || value < 0)
      return null;
    this.#read.add(timeout.field);
    return value * timeout.unitMs;
  }

  #readApproved(): ConfiguredServer["approvedTools"] {
    const { approved } = this.#format;
    if (approved === null) return [];
    const value = this.#find(approved.field);
    if (approved.form === "switch") {
      if (typeof value !== "boolean") return [];
      this.#read.add(approved.field);
      return value ? "all" : [];
    }
    const names = this.#takeTexts(approved.field) ?? [];
    return approved.form === "list-or-star" && names.includes("*") ? "all" : names;
  }

  #readIncluded(): readonly string[] | null {
    const { included } = this.#format;
    const names = this.#takeTexts(included?.field ?? null);
    if (!names || (included?.all === "star" && names.includes("*"))) return null;
    return included?.all === "empty" && names.length === 0 ? null : names;
  }

  #readType(kind: keyof ClientFormat["types"]): boolean {
    const type = this.#find("type");
    if (typeof type !== "string" || !this.#format.types[kind].includes(type)) return false;
    this.#read.add("type");
    return true;
  }

  #find(field: string): unknown {
    return Object.hasOwn(this.#members, field) ? this.#members[field] : undefined;
  }

  #takeValue(field: string | null, place: Place): Value | null {
    const text = field === null ? undefined : this.#find(field);
    if (field === null || typeof text !== "string") return null;
    this.#read.add(field);
    return this.#toValue(text, place, [field]);
  }

  #takeValues(field: string): Value[] | null {
    const items = this.#find(field);
    if (!Array.isArray(items) || !items.every(isScalar)) return null;
    this.#read.add(field);
    return items.map((item, index) => this.#toValue(String(item), "args", [field, index]));
  }

  #takeTexts(field: string | null): string[] | null {
    const items = field === null ? undefined : this.#find(field);
    if (field === null || !Array.isArray(items)) return null;
    const texts = items.filter((item): item is string => typeof item === "string");
    if (texts.length < items.length) return null;
    this.#read.add(field);
    return texts;
  }

  #takeNamed(fields: readonly string[], place: Place): NamedValue[] {
    const [field = "", inner] = fields;
    const outer = this.#find(field);
    const map = inner === undefined ? outer : findMember(outer, inner);
    if (!isMap(map) || !Object.values(map).every(isScalar)) return [];
    if (inner === undefined || Object.keys(outer as object).length === 1) this.#read.add(field);
    return Object.entries(map).map(([name, value]) => ({
      name,
      value: this.#toValue(String(value), place, [...fields, name]),
    }));
  }

  #toValue(raw: string, place: Place, path: Path): Value {
    return {
      template: parseTemplate(raw, this.#client, place),
      raw,
      path: [...this.#path, ...path],
    };
  }

  #listOwn(): Record<string, unknown> {
    const name = this.#format.isList ? "name" : null;
    const own = Object.entries(this.#members).flatMap(([field, value]) => {
      if (this.#read.has(field) || field === name) return [];
      const [outer, inner] = this.#format.headers;
      // Its headers are read, the rest of it is not.
      const rest =
        field === outer && inner !== undefined && isMap(value) && isTexts(value[inner] ?? {})
          ? Object.fromEntries(Object.entries(value).filter(([member]) => member !== inner))
          : value;
      return [[field, rest] as const];
    });
    return Object.fromEntries(own);
  }
}

/** Reads one server of a client's file; null: its members name neither a program nor an address. */
export function readServer(
  client: ClientId,
  name: string,
  members: Members,
  path: Path,
): ConfiguredServer | null {
  return new ServerReader(client, members, path).read(name);
}

function listNames(template: Template): string[] {
  return template.flatMap((part) => (typeof part === "string" ? [] : [part.name]));
}

function findMember(map: unknown, field: string): unknown {
  return isMap(map) && Object.hasOwn(map, field) ? map[field] : undefined;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isTexts(value: unknown): value is Record<string, string> {
  return isMap(value) && Object.values(value).every((item) => typeof item === "string");
}
