// What both kinds of clients go through: steps that change the gateway or the servers while a client is connected.
import { setTimeout as sleep } from "node:timers/promises";
import { toTokenVariable } from "../../workers/contract/connection-name.ts";
import type { Setup } from "./client.ts";
import type { Exchange } from "./recorder.ts";
import type { Stage, Token, Workspace } from "./stage.ts";
import { DIFFERENT, SAME_CONTENT } from "./upstream.ts";
import { listsTools } from "./wire.ts";

let additions = 0;

/** An exposed name that no client has seen: the gateway can still know a tool that was added for another client. */
export function makeAddedName(): string {
  return `old_added_${++additions}`;
}

/** A client that follows list_changed lists the tools within this time. */
const LIST_TIMEOUT_MS = 8_000;

/** The part of a client's life with one token. */
export interface Visit {
  stage: Stage;
  token: Token;
  /** Exchanges of this visit so far. */
  exchanges(): Exchange[];
  /** Calls that reached the servers during this visit. */
  calls(): string[];
  /** Ends the recording: what later visits do is not part of this one. */
  end(): void;
}

/** Begins a visit with a new token. */
export async function beginVisit(
  stage: Stage,
  workspace: Workspace,
  label: string,
): Promise<Visit> {
  const token = await stage.makeToken(workspace, label);
  const { exchanges, upstream } = stage;
  const start = { exchange: exchanges.length, call: upstream.calls.length };
  let end: typeof start | undefined;
  return {
    stage,
    token,
    exchanges: () => exchanges.slice(start.exchange, end?.exchange),
    calls: () => upstream.calls.slice(start.call, end?.call),
    end: () => {
      end = { exchange: exchanges.length, call: upstream.calls.length };
    },
  };
}

/** The values that a client is configured with for a visit. */
export function toSetup(
  { stage, token }: Visit,
  workspace: Workspace,
  folder: string,
  home: string,
): Setup {
  const connection = {
    name: workspace,
    url: stage.urlOf(workspace),
    token: token.clear,
    variable: toTokenVariable(workspace),
  };
  return { folder, home, connection, modelUrl: stage.model.url };
}

/** Adds a tool with this exposed name and returns whether the client lists the tools because of it. */
export async function changeList({ stage }: Visit, exposed: string): Promise<boolean> {
  const before = stage.exchanges.length;
  await stage.upstream.addTool(exposed.slice("old_".length));
  const deadline = Date.now() + LIST_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const since = stage.exchanges.slice(before);
    if (listsTools(since) && since.some(({ text }) => text.includes(`"${exposed}"`))) {
      // The client reads the list after the proxy.
      await sleep(500);
      return true;
    }
    await sleep(100);
  }
  return false;
}

/** How much a visit had recorded at a moment. */
export interface Moment {
  exchanges: number;
  calls: number;
}

/** Revokes the visit's token. Returns the moment after it. */
export async function revoke(visit: Visit): Promise<Moment> {
  await visit.token.revoke();
  return { exchanges: visit.exchanges().length, calls: visit.calls().length };
}

/** What happened to a call after the revocation; undefined: the client never came that far. */
export function judgeRevoked(visit: Visit, since: Moment | undefined): string {
  if (!since) return "was not reached";
  const after = visit.exchanges().slice(since.exchanges);
  if (visit.calls().length > since.calls) return "NOT refused: the call reached the server";
  const attempts = after.filter(({ sent }) => sent.some(({ method }) => method === "tools/call"));
  if (attempts.length > 0 && attempts.every(({ status }) => status === 401)) return "refused";
  const refused = after.some(({ status }) => status === 401);
  return refused ? "refused before a call" : "no call was sent";
}

/** Which forms of a result are in what the model, or the caller, gets. */
export function judgeForms(output: string, kind: "same" | "differ"): string {
  const plain = output.replaceAll("\\", "");
  const hasContent = plain.includes(kind === "same" ? SAME_CONTENT : DIFFERENT.content);
  const hasStructured =
    kind === "same" ? /"value":\s*"agreed"/.test(plain) : plain.includes(DIFFERENT.structured);
  if (hasContent && hasStructured) return "both";
  if (hasContent) return "content";
  return hasStructured ? "structuredContent" : "neither";
}

/** The two answers about forms as one. */
export function toResultForm(same: string, differ: string): string {
  return same === differ ? same : `same: ${same}; differ: ${differ}`;
}

/** Whether calls reached the servers of both eras. */
export function judgeCalls(calls: string[]): string {
  const reached = ["old", "new"].filter((slug) => calls.includes(`${slug}:same`));
  return reached.length === 2 ? "yes" : `only ${reached.join() || "none"}`;
}
