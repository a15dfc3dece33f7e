// Reads from recorded exchanges what a client does on the wire.
import { stripVTControlCharacters } from "node:util";
import { receivedMessages, type Exchange, type Message } from "./recorder.ts";

const META = "io.modelcontextprotocol/";
const UI_EXTENSION = "io.modelcontextprotocol/ui";

/** The properties that the exchanges of one client show. */
export interface WireFacts {
  revision: string;
  clientInfo: string;
  userAgent: string;
  streams: string;
  /** The declared modes of elicitation. */
  elicitation: string[];
  declaresApps: boolean;
}

interface Sent {
  message: Message;
  exchange: Exchange;
}

/** Reads the facts from all exchanges of a client that was let in. */
export function readWireFacts(exchanges: Exchange[]): WireFacts {
  const sent = exchanges.flatMap((exchange) =>
    exchange.sent.map((message): Sent => ({ message, exchange })),
  );
  const metas = sent.map(({ message }) => metaOf(message)).filter((meta) => meta !== undefined);
  const initializations = sent.filter(({ message }) => message.method === "initialize");
  // mcp-remote initializes a second time with what its own client declares.
  const legacy = initializations.at(-1)?.message.params;
  const infos = [
    ...initializations.map(({ message }) => message.params?.["clientInfo"]),
    ...metas.map((meta) => meta[`${META}clientInfo`]),
  ] as ({ name?: string; version?: string } | undefined)[];
  const capabilities = (legacy?.["capabilities"] ??
    metas[0]?.[`${META}clientCapabilities`] ??
    {}) as Record<string, Record<string, unknown> | undefined>;
  return {
    revision: toRevision(sent, initializations),
    clientInfo: unique(
      infos.map((info) => (info ? `${info.name} ${info.version ?? ""}`.trim() : "none")),
    ).join(", "),
    userAgent: unique(exchanges.map(({ headers }) => headers["user-agent"] ?? "none")).join(", "),
    streams: toStreams(exchanges, sent),
    elicitation: elicitationModes(capabilities["elicitation"]),
    declaresApps: capabilities["extensions"]?.[UI_EXTENSION] !== undefined,
  };
}

/** An elicitation capability without modes means forms. */
function elicitationModes(declared: Record<string, unknown> | undefined): string[] {
  if (!declared) return [];
  const modes = Object.keys(declared).filter((mode) => mode === "form" || mode === "url");
  return modes.length === 0 ? ["form"] : modes;
}

function metaOf(message: Message): Record<string, unknown> | undefined {
  const meta = message.params?.["_meta"] as Record<string, unknown> | undefined;
  return meta?.[`${META}protocolVersion`] === undefined ? undefined : meta;
}

function toRevision(sent: Sent[], initializations: Sent[]): string {
  const probes = sent.some(({ message }) => message.method === "server/discover");
  const modern = sent
    .filter(({ message }) => message.method !== "server/discover")
    .map(({ message }) => metaOf(message)?.[`${META}protocolVersion`])
    .filter((version) => version !== undefined);
  const agreed = initializations.flatMap(({ exchange }) =>
    receivedMessages(exchange).map(({ result }) => result?.["protocolVersion"]),
  );
  const versions = unique(
    [...modern, ...agreed].filter((version) => version !== undefined).map(String),
  );
  return `${versions.join(", ") || "none"}; ${probes ? "probes" : "no probe"}`;
}

function toStreams(exchanges: Exchange[], sent: Sent[]): string {
  const listens = sent.filter(({ message }) => message.method === "subscriptions/listen");
  const gets = exchanges.filter(({ method, path }) => method === "GET" && isGateway(path));
  const kinds = [
    ...(listens.length > 0
      ? [`subscriptions/listen (${statuses(listens.map(({ exchange }) => exchange))})`]
      : []),
    ...(gets.length > 0 ? [`GET (${statuses(gets)})`] : []),
  ];
  return kinds.join(", ") || "none";
}

/** Whether the path is a workspace's address, and none of the discovery addresses. */
function isGateway(path: string): boolean {
  return path.startsWith("/api/gw/") && !path.includes(".well-known");
}

function statuses(exchanges: Exchange[]): string {
  // No status: the gateway was restarting.
  const known = exchanges.flatMap(({ status }) => (status === undefined ? [] : [String(status)]));
  return unique(known).join(", ");
}

/** Each value once, in order. */
export function unique(values: string[]): string[] {
  return [...new Set(values)];
}

/** Whether the client lists the tools in these exchanges. */
export function listsTools(exchanges: Exchange[]): boolean {
  return exchanges.some(({ sent }) => sent.some(({ method }) => method === "tools/list"));
}

/** The requests of a client that is refused, in short: which, how often, and their status. */
export function summarizeRequests(exchanges: Exchange[]): string {
  const counts = new Map<string, number>();
  for (const { method, path, sent, status } of exchanges) {
    const what = isGateway(path) ? toTitle(sent) : path;
    const line = `${method} ${what} ${status ?? "no response"}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count > 1 ? `${line} ×${count}` : line)).join(", ");
}

/** Requests with which a client has looked for a sign-in, and found something. At static addresses there is nothing to find. */
export function findDiscovered(exchanges: Exchange[]): string[] {
  const found = exchanges.filter(
    ({ path, status }) =>
      /\.well-known|^\/(oauth|register|authorize|token)\b/.test(path) && (status ?? 500) < 400,
  );
  return unique(found.map(({ method, path, status }) => `${method} ${path} ${status}`));
}

function toTitle([message]: Message[]): string {
  return message ? (message.method ?? "response") : "stream";
}

/** Lines that speak of a refusal, of a missing sign-in, or of a response that the client cannot read. */
const REFUSAL =
  /\b401\b|unauthori[sz]ed|authenticat|auth_required|needs.auth|unexpected token|not valid json|failed to connect|disconnected|parse json|(?:fatal|connection) error/i;
/** Lines of a stack or of source code, which Node prints above an error. */
const CODE = /^\s*at |\bnew \w+\(|\bthrow\b|=>/;

/** The client's own words about the refusal: the first line of its output that speaks of it. */
export function findRefusal(output: string): string | undefined {
  const line = output
    .split("\n")
    .find((candidate) => REFUSAL.test(candidate) && !CODE.test(candidate));
  return line === undefined ? undefined : toQuote(line);
}

/** A line of output as a short quote, without what differs in every run. */
export function toQuote(line: string): string {
  return (
    stripVTControlCharacters(line)
      // A stack, escaped.
      .replace(/\\+n.*/, "")
      .replaceAll(/^\[\d+\]|^\d{4}-\d\d-\S+Z|(?<=127\.0\.0\.1):\d+/g, "")
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, 200)
  );
}

/** The user's action in the result of the tool `ask`, or what it says instead. */
export function findAction(output: string): string {
  return /\b(?:accept|decline|cancel)\b/.exec(output)?.[0] ?? toQuote(output);
}
