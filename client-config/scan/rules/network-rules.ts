import { CLIENT_TRAITS } from "../../../workers/contract/marketplace/install/clients.ts";
import { needsBridge } from "../../bridge.ts";
import type { Path } from "../../model.ts";
import {
  quote,
  REFERENCE,
  toLiteral,
  type Draft,
  type ProgramSubject,
  type RemoteSubject,
} from "../subject.ts";

const LOOPBACK =
  /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|host\.docker\.internal|gateway\.docker\.internal)$/;
const METADATA =
  /^(?:169\.254\.\d+\.\d+|metadata\.google\.internal|100\.100\.100\.200|\[fd00:ec2::254\])$/;
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|\[f[cd])|\.(?:local|internal|lan|home\.arpa)$/;
const IP = /^(?:\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])$/;
const SHORTENER =
  /^(?:www\.)?(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|ow\.ly|cutt\.ly|rb\.gy|rebrand\.ly|shorturl\.at|tiny\.cc|t\.ly)$/;
const TUNNEL =
  /\.(?:ngrok(?:-free)?\.(?:app|dev|io)|ngrok\.io|trycloudflare\.com|loca\.lt|localtunnel\.me|serveo\.net|localhost\.run|lhr\.life|pagekite\.me|devtunnels\.ms|pinggy\.(?:link|io)|bore\.pub|telebit\.io)$/;
const FREE_DOMAIN = /\.(?:tk|ml|ga|cf|gq)$/;
const SHARED_HOST =
  /\.(?:vercel\.app|herokuapp\.com|workers\.dev|pages\.dev|netlify\.app|onrender\.com|fly\.dev|up\.railway\.app|azurewebsites\.net|web\.app|firebaseapp\.com|replit\.(?:app|dev)|glitch\.me|github\.io|surge\.sh|hf\.space|run\.app|deno\.dev)$/;
/** Ports of other services, and those that malware uses by habit. */
const ODD_PORTS = new Set([
  "21",
  "22",
  "23",
  "25",
  "1337",
  "4444",
  "5555",
  "6666",
  "6667",
  "31337",
]);
const BRIDGES = /^(?:mcp-remote|supergateway|mcp-proxy|@modelcontextprotocol\/mcp-remote)$/;

/** NET-01 to NET-04, NET-06 and NET-08, of a remote server. */
export function checkRemote(subject: RemoteSubject): Draft[] {
  const { remote, server, client, isShared } = subject;
  const { url, headers } = remote;
  const { path } = url;
  // The rules of its program judge the address of a bridge.
  const drafts = subject.bridge
    ? []
    : checkAddress(toLiteral(url), path, headers.length > 0, isShared);
  if (!subject.bridge && needsBridge(client, remote.transport) && client === "claude-desktop")
    drafts.push({
      rule: "SUP-01",
      severity: headers.length > 0 ? "medium" : "low",
      path: server.path,
      message: `${quote("mcp-remote")} has no exact version${headers.length > 0 ? ", and holds a secret" : ""}.`,
    });
  if (remote.transport === "sse")
    drafts.push({
      rule: "NET-02",
      severity: "info",
      path,
      message: `${quote(server.name)} uses HTTP+SSE.`,
    });
  const hasCredential = headers.some(({ name }) => /auth|key|token|secret|cookie/i.test(name));
  const isLocal = LOOPBACK.test(toUrl(toLiteral(url))?.hostname ?? "");
  if (!hasCredential && !isLocal)
    drafts.push({
      rule: "NET-06",
      severity: "info",
      path,
      message: `${quote(server.name)} expects OAuth or is public.`,
    });
  const bearer = headers.find(({ name }) => name.toLowerCase() === "authorization");
  if (bearer && /^(?:cursor|claude-code|cline)$/.test(client))
    drafts.push({
      rule: "NET-08",
      severity: "info",
      path: bearer.value.path,
      message: `${CLIENT_TRAITS[client].label} drops the header if the server offers OAuth.`,
    });
  return drafts;
}

function toUrl(text: string): URL | null {
  // A reference as a part of the address does not change the rest of it.
  const filled = text.replaceAll(REFERENCE, "x").replace(/^x(?=\/|$)/, "https://x.invalid");
  return URL.canParse(filled) ? new URL(filled) : null;
}

function checkAddress(
  text: string,
  path: Path,
  hasCredential: boolean,
  isShared: boolean,
): Draft[] {
  const url = toUrl(text);
  if (!url) return [];
  const { hostname, protocol, port } = url;
  const host = hostname.toLowerCase();
  const drafts: Draft[] = [];
  const add = (rule: Draft["rule"], severity: Draft["severity"], message: string) =>
    drafts.push({ rule, severity, path, message });
  const isLocal = LOOPBACK.test(host);
  if (/^(?:http|ws):$/.test(protocol) && !isLocal) {
    const secure = text.replace(/^http/i, "https").replace(/^ws:/i, "wss:");
    drafts.push({
      rule: "NET-01",
      // Fewer people can listen in a private network.
      severity: (hasCredential || url.password !== "") && !PRIVATE.test(host) ? "critical" : "high",
      path,
      message: `The connection to ${quote(host)} is not encrypted.`,
      // References are lost in the literal text.
      fix: text.includes(REFERENCE)
        ? null
        : { title: "Use https", edits: [{ path, value: secure }] },
    });
  }
  if (isLocal) return drafts;
  if (METADATA.test(host))
    add(
      "NET-03",
      "high",
      `${quote(host)} is the metadata service of a cloud, which gives out credentials.`,
    );
  else if (host.includes("xn--"))
    add("NET-03", "high", `${quote(host)} has letters beyond ASCII, which can look like others.`);
  else if (SHORTENER.test(host))
    add("NET-03", "high", `${quote(host)} is a short link: nothing shows where it leads.`);
  else if (TUNNEL.test(`.${host}`))
    add("NET-03", "medium", `${quote(host)} is a tunnel to a computer that nothing names.`);
  else if (FREE_DOMAIN.test(host))
    add("NET-03", "medium", `${quote(host)} is below a free domain.`);
  else if (PRIVATE.test(host)) {
    if (isShared)
      add(
        "NET-03",
        "medium",
        `${quote(host)} is an address of one network only, and others get this file.`,
      );
  } else if (IP.test(host))
    add("NET-03", "medium", `${quote(host)} is an IP address: nothing shows who runs the server.`);
  else if (SHARED_HOST.test(host))
    add("NET-04", "info", `${quote(host)} is an address on a shared host.`);
  if (ODD_PORTS.has(port))
    add("NET-03", "medium", `The port ${port} belongs to another kind of service.`);
  return drafts;
}

/** NET-01, NET-03 to NET-05 and NET-07, of a program. */
export function checkListening(subject: ProgramSubject): Draft[] {
  const { facts, isShared } = subject;
  const drafts: Draft[] = [];
  if (BRIDGES.test(facts.package?.name ?? "")) {
    const address = facts.args.find(({ text }) => /^(?:https?|wss?):\/\//i.test(text));
    if (address) {
      const hasCredential = facts.args.some(({ text }) => text.startsWith("--header"));
      drafts.push(...checkAddress(address.text, address.path, hasCredential, isShared));
      const insecure = facts.args.find(({ text }) => text === "--allow-http");
      const host = toUrl(address.text)?.hostname ?? "";
      if (insecure && !LOOPBACK.test(host))
        drafts.push({
          rule: "NET-07",
          severity: "high",
          path: insecure.path,
          message: "mcp-remote is allowed to connect without encryption.",
          fix: { title: "Remove --allow-http", edits: [{ path: insecure.path, value: undefined }] },
        });
    }
  }
  // The walls of a container are its ports, which DOC-03 judges.
  if (facts.package?.ecosystem !== "oci") drafts.push(...checkOpenServer(subject));
  return drafts;
}

const HOST_OPTION =
  /^--(?:host|bind|bind-address|listen|http-host|sse-host|server-host|address|ip)(?:=(.*))?$/i;
const HOST_VARIABLE =
  /^(?:(?:\w+_)?(?:host|bind|bind_address|listen|listen_host|listen_address))$/i;
const EVERYBODY = /^(?:0\.0\.0\.0|\[?::\]?|\*)(?::\d+)?$/;
const ORIGIN_OPTION =
  /^--(?:cors|cors-origins?|allow(?:ed)?-origins?|allow(?:ed)?-hosts?)(?:=(.*))?$/i;
const ORIGIN_VARIABLE = /(?:cors\w*_?origins?|allow(?:ed)?_?origins?|allow(?:ed)?_?hosts?)$/i;

/** NET-05. */
function checkOpenServer({ facts, program }: ProgramSubject): Draft[] {
  const drafts: Draft[] = [];
  const words = facts.package ? facts.args : facts.words;
  for (const [i, word] of words.entries()) {
    const host = HOST_OPTION.exec(word.text);
    const origin = ORIGIN_OPTION.exec(word.text);
    if (!host && !origin) continue;
    const assigned = host?.[1] ?? origin?.[1];
    const target = assigned === undefined ? words[i + 1] : word;
    const value = assigned ?? target?.text ?? "";
    if (!target || !EVERYBODY.test(value)) continue;
    const fix = host
      ? {
          title: "Listen on this computer only",
          edits: [{ path: target.path, value: target.text.replace(value, () => "127.0.0.1") }],
        }
      : null;
    drafts.push({
      rule: "NET-05",
      severity: "high",
      path: target.path,
      message: host
        ? "The server listens on all addresses of the computer."
        : `${quote(word.text.replace(/=.*/, ""))} accepts every web page.`,
      fix,
    });
  }
  for (const { name, value } of program.env) {
    const text = toLiteral(value).trim();
    const isHost = HOST_VARIABLE.test(name) && /^(?:0\.0\.0\.0|::|\[::\])(?::\d+)?$/.test(text);
    if (!isHost && !(ORIGIN_VARIABLE.test(name) && text === "*")) continue;
    drafts.push({
      rule: "NET-05",
      severity: "high",
      path: value.path,
      message: isHost
        ? "The server listens on all addresses of the computer."
        : `${quote(name)} accepts every web page.`,
      fix: isHost
        ? {
            title: "Listen on this computer only",
            edits: [{ path: value.path, value: text.replace(/0\.0\.0\.0|\[?::\]?/, "127.0.0.1") }],
          }
        : null,
    });
  }
  return drafts;
}
