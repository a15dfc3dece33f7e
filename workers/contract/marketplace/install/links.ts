import type { ClientId } from "./clients.ts";
import type { DeepLink, InstallVariable } from "./configuration.ts";
import { toInputs, toServerObject } from "./json-clients.ts";
import type { FilledSetup } from "./values.ts";

/** The clients that install from links. */
const LINKED = new Set<ClientId>(["cursor", "vscode", "goose", "lm-studio"]);
/** Commands that Goose starts from a link. */
const GOOSE_COMMANDS = new Set(["npx", "uvx", "docker"]);

/** What a link is made of. */
interface Linked {
  key: string;
  /** The entry's name. */
  name: string;
  /** The client asks with it for what is not given. */
  setup: FilledSetup;
  /** The variables that the setup refers to. */
  referenced: InstallVariable[];
}

/** Whether a client can install from a link. */
export function hasLinks(client: ClientId): boolean {
  return LINKED.has(client);
}

/** The links that install a server in a client. */
export function toLinks(client: ClientId, linked: Linked): DeepLink[] {
  switch (client) {
    case "cursor":
      return [toConfigLink("cursor", "Add to Cursor", CURSOR_LINK, linked)];
    case "lm-studio":
      return [toConfigLink("lm-studio", "Add to LM Studio", LM_STUDIO_LINK, linked)];
    case "vscode":
      return [
        toVsCodeLink("Add to VS Code", "vscode:", linked),
        toVsCodeLink("Add to VS Code Insiders", "vscode-insiders:", linked),
      ];
    case "goose":
      return toGooseLinks(linked);
    default:
      return [];
  }
}

const CURSOR_LINK = "cursor://anysphere.cursor-deeplink/mcp/install";
const LM_STUDIO_LINK = "https://lmstudio.ai/install-mcp";

/** The server object as base64 of UTF-8. */
function toConfigLink(
  client: "cursor" | "lm-studio",
  label: string,
  address: string,
  { key, setup }: Linked,
): DeepLink {
  const decoded = toServerObject(client, setup);
  const config = toQueryText(toBase64(JSON.stringify(decoded)));
  return { label, href: `${address}?name=${toQueryText(key)}&config=${config}`, decoded };
}

function toVsCodeLink(label: string, scheme: string, { key, setup, referenced }: Linked): DeepLink {
  const inputs = toInputs(referenced, key);
  const decoded = {
    name: key,
    ...toServerObject("vscode", setup),
    ...(inputs.length > 0 && { inputs }),
  };
  return {
    label,
    href: `${scheme}mcp/install?${toQueryText(JSON.stringify(decoded))}`,
    decoded,
  };
}

/** Goose's links name a program, and the environment variables that it asks for, each with a description. */
function toGooseLinks({ key, name, setup }: Linked): DeepLink[] {
  if (setup.kind !== "program" || !GOOSE_COMMANDS.has(setup.command)) return [];
  const decoded = {
    cmd: setup.command,
    arg: [...setup.options, ...setup.args],
    env: setup.env.map(({ name, text }) => `${name}=${text}`),
    id: key,
    name: key,
    description: name,
  };
  const query = Object.entries(decoded)
    .flatMap(([field, value]) => [value].flat().map((text) => [field, text] as const))
    .map(([field, text]) => `${field}=${toQueryText(text)}`);
  return [
    {
      label: "Add to Goose",
      href: `https://block.github.io/goose/extension?${query.join("&")}`,
      decoded,
    },
  ];
}

/** Without the apostrophe and brackets too, which `encodeURIComponent` leaves: they can end a link in a text. */
function toQueryText(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(""));
}
