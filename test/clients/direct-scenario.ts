// Puts a client whose caller chooses the calls through all steps.
import type { DirectClient, DirectSession } from "./client.ts";
import type { Findings } from "./findings.ts";
import { withHome } from "./processes.ts";
import {
  beginVisit,
  changeList,
  judgeCalls,
  judgeForms,
  judgeRevoked,
  makeAddedName,
  revoke,
  toResultForm,
  toSetup,
  type Visit,
} from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { MANY, NAME_LENGTHS, UI_RESOURCE } from "./upstream.ts";
import { findAction, findRefusal, readWireFacts, summarizeRequests, toQuote } from "./wire.ts";

/** What the caller of the client gets, step by step. */
interface Seen {
  tools: { name: string; _meta?: unknown }[];
  same: string;
  differ: string;
  listed: boolean;
  restarted: string;
  asked: string;
  revoked: string;
}

/** Connects the client three times: all steps, the list of 200 tools, and a revoked token. */
export async function measureDirect(
  client: DirectClient,
  folder: string,
  stage: Stage,
): Promise<Findings> {
  const visit = await beginVisit(stage, "suite", client.id);
  const seen = await withHome(async (home) => {
    const session = await client.connect(toSetup(visit, "suite", folder, home));
    try {
      return await takeSteps(session, visit);
    } finally {
      await session.close();
    }
  });
  visit.end();
  await stage.upstream.removeAddedTools();
  const many = await listMany(client, folder, stage);
  const refusal = await connectRevoked(client, folder, stage);
  const wire = readWireFacts(visit.exchanges());
  const keepsUi = JSON.stringify(seen.tools).includes(UI_RESOURCE);
  return {
    outcomes: {
      connects: "yes",
      lists: seen.tools.length > 0 ? "yes" : "no",
      calls: judgeCalls(visit.calls()),
      restart: seen.restarted,
      revoked: seen.revoked,
    },
    properties: {
      revision: wire.revision,
      clientInfo: wire.clientInfo,
      userAgent: wire.userAgent,
      resultForm: `${toResultForm(judgeForms(seen.same, "same"), judgeForms(seen.differ, "differ"))}, to the caller`,
      deferral: "no model",
      listChanged: seen.listed ? "lists again" : "no",
      streams: wire.streams,
      urlElicitation: wire.elicitation.includes("url")
        ? `declared; ${seen.asked}`
        : `no (${wire.elicitation.join() || "no elicitation"})`,
      apps: `${wire.declaresApps ? "declared" : "not declared"}; \`_meta.ui\` ${keepsUi ? "kept" : "lost"}`,
      names: many,
      instructions: "no model",
      unauthorized: refusal,
    },
  };
}

async function takeSteps(session: DirectSession, visit: Visit): Promise<Seen> {
  const tools = await session.listTools();
  const same = await session.callTool("new_same");
  await session.callTool("old_same");
  const differ = await session.callTool("new_differ");
  const listed = await changeList(visit, makeAddedName());
  await visit.stage.restartGateway();
  const restarted = await attempt(() => session.callTool("old_same"));
  const asked = await attempt(() => session.callTool("old_ask"));
  const since = await revoke(visit);
  const after = await attempt(() => session.callTool("old_same"));
  const revoked = judgeRevoked(visit, since);
  return {
    tools,
    same,
    differ,
    listed,
    restarted: restarted.failure === undefined ? "calls on" : `fails: ${restarted.failure}`,
    asked: findAction(asked.value ?? asked.failure ?? ""),
    revoked: after.failure === undefined ? "NOT refused: the caller got a result" : revoked,
  };
}

async function listMany(client: DirectClient, folder: string, stage: Stage): Promise<string> {
  const visit = await beginVisit(stage, "many", client.id);
  return withHome(async (home) => {
    const session = await client.connect(toSetup(visit, "many", folder, home));
    try {
      const names = (await session.listTools()).map(({ name }) => name);
      const longest = Math.max(...names.map(({ length }) => length));
      const isComplete = NAME_LENGTHS.every((length) =>
        names.some((name) => name.length === length),
      );
      return `prefix ${isComplete ? "none" : "?"}; up to ${longest} characters; ${names.length} of ${MANY} tools`;
    } finally {
      await session.close();
    }
  });
}

async function connectRevoked(client: DirectClient, folder: string, stage: Stage): Promise<string> {
  const visit = await beginVisit(stage, "suite", client.id);
  await visit.token.revoke();
  const refusal = await withHome((home) =>
    attempt(async () => {
      const session = await client.connect(toSetup(visit, "suite", folder, home));
      try {
        await session.listTools();
      } finally {
        await session.close();
      }
      return "";
    }),
  );
  visit.end();
  const words = refusal.failure ?? "no error";
  return `${summarizeRequests(visit.exchanges())}; says “${findRefusal(words) ?? toQuote(words)}”`;
}

async function attempt(act: () => Promise<string>): Promise<{ value?: string; failure?: string }> {
  return act().then(
    (value) => ({ value }),
    (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
}
