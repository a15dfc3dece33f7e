import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { callOf, clientHeaders, type Workspace } from "./regular-requests.ts";

/** What the hostile servers do with calls: paths of `test/fixtures/hostile-upstream.mjs`. */
export const FAULTS = [
  "hang",
  "refuse",
  "mid-body",
  "mid-big",
  "endless-big",
  "wrong-id",
  "html",
  "garbage",
  "giant-chunked",
  "gzip-bomb",
  "giant-line",
  "drip-forever",
  "flood-changes",
  "flood-comments",
  "flood-large-events",
  "progress-invented",
];

const TIMEOUT_MS = 150_000;
/** A body whose rest never comes is given up after this time. */
const UNFINISHED_MS = 90_000;

type Attack = (number: number, workspace: Workspace, apiUrl: string) => Promise<unknown>;

const ATTACKS: Attack[] = [
  (number, { url }) => post(url, clientHeaders(makeToken(), stranger(number)), callOf("good_echo")),
  (number, { url, token }) =>
    post(
      url.replace(/[^/]+$/, `unknown-${number}`),
      clientHeaders(token, stranger(number)),
      callOf("good_echo"),
    ),
  (number, { url }) =>
    post(url, clientHeaders(makeToken(), stranger(number)), "x".repeat(2 * 1024 * 1024)),
  (_, { url, token }) => post(url, clientHeaders(token, "198.18.1.1"), '{"jsonrpc":"2.0","id":'),
  (_, { url, token }) =>
    post(url, clientHeaders(token, "198.18.1.1"), "[".repeat(200_000) + "]".repeat(200_000)),
  (number, { url, token }) =>
    post(url, clientHeaders(token, "198.18.1.1"), callOf(`no_such_tool_${number}`)),
  (_, { url, token }) => leaveBodyUnfinished(url, token),
  (_, { url, token }) => hangUp(url, token),
  (number, _, apiUrl) =>
    fetch(`${apiUrl}/workspaces`, {
      headers: { authorization: `Bearer ${makeToken()}`, "cf-connecting-ip": stranger(number) },
    }).then((response) => response.text()),
  // A third of all attacks comes from servers.
  ...Array.from({ length: 4 }, () => callHostileServer),
];

/** Runs one attack. Whatever it gets is right, as long as the others do not notice. */
export async function attack(
  number: number,
  workspaces: Workspace[],
  apiUrl: string,
): Promise<void> {
  const attacked = workspaces.filter(({ isAttacked }) => isAttacked);
  const pick = Math.floor(Math.random() * attacked.length);
  const workspace = attacked[pick];
  if (!workspace) throw new Error("no workspace is attacked");
  const run = ATTACKS[Math.floor(Math.random() * ATTACKS.length)];
  await run?.(number, workspace, apiUrl).catch(() => undefined);
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: "POST", headers, body, signal });
  return response.text();
}

function callHostileServer(number: number, { url, token }: Workspace): Promise<string> {
  const fault = FAULTS[Math.floor(Math.random() * FAULTS.length)];
  const body = callOf(`bad-${fault}_echo`, {}, { progressToken: number });
  return post(url, clientHeaders(token, "198.18.1.1"), body);
}

/** A client that leaves during its call. */
async function hangUp(url: string, token: string): Promise<void> {
  const leaves = new AbortController();
  const headers = clientHeaders(token, "198.18.1.1");
  const body = callOf("bad-hang_echo");
  setTimeout(() => leaves.abort(), 1_500);
  await fetch(url, { method: "POST", headers, body, signal: leaves.signal });
}

async function leaveBodyUnfinished(url: string, token: string): Promise<void> {
  const { port, hostname, pathname, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries(clientHeaders(token, "198.18.1.1")).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 100000\r\n${lines.join("")}\r\n{`,
  );
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(UNFINISHED_MS, () => resolve());
    socket.once("data", () => resolve());
    socket.once("error", reject);
    socket.once("close", () => resolve());
  }).finally(() => socket.destroy());
}

function makeToken(): string {
  return `mng_${randomBytes(24).toString("hex")}`;
}

/** One of 250 addresses. */
function stranger(number: number): string {
  return `203.0.113.${(number % 250) + 1}`;
}
