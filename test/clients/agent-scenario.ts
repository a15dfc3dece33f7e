// Puts a client that lets a model choose the calls through all steps, with the stand-in as the model.
import type { AgentClient } from "./client.ts";
import type { Findings } from "./findings.ts";
import type { ModelRequest, ShownTool } from "./model-formats.ts";
import { isNamed, type Play, type Step, type StepOutcome } from "./model.ts";
import { runToEnd, withHome, type Output } from "./processes.ts";
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
  type Moment,
  type Visit,
} from "./scenario.ts";
import type { Stage, Workspace } from "./stage.ts";
import { INSTRUCTIONS, MANY, MANY_DESCRIPTION, manyTools, NAME_LENGTHS } from "./upstream.ts";
import {
  findAction,
  findRefusal,
  readWireFacts,
  summarizeRequests,
  toQuote,
  unique,
} from "./wire.ts";

const PROMPT = "Call the tools of the MCP server as you are asked to.";
const LONGEST_NAME =
  manyTools()
    .map(({ name }) => name)
    .find(({ length }) => length === Math.max(...NAME_LENGTHS)) ?? "";
const NOTE = { note: "from the suite" };

interface Run {
  visit: Visit;
  play: Play;
  output: Output;
}

/** What happened during the main run, beside the wire. */
interface Seen {
  listed: boolean;
  revokedAt: Moment | undefined;
}

/** Runs the client three times: all steps, the list of 200 tools, and a revoked token. */
export async function measureAgent(
  client: AgentClient,
  folder: string,
  stage: Stage,
  { isVerbose }: { isVerbose: boolean },
): Promise<Findings> {
  const seen: Seen = { listed: false, revokedAt: undefined };
  const added = makeAddedName();
  const main = await run(client, folder, stage, "suite", (visit) => [
    { tool: "old_same", args: NOTE },
    { tool: "new_same", args: NOTE },
    {
      tool: "new_differ",
      args: NOTE,
      before: async () => {
        seen.listed = await changeList(visit, added);
      },
    },
    { tool: added, args: NOTE },
    { tool: "old_same", args: NOTE, before: () => stage.restartGateway() },
    { tool: "old_ask", args: NOTE },
    {
      tool: "old_same",
      args: NOTE,
      before: async () => {
        seen.revokedAt = await revoke(visit);
      },
    },
  ]);
  await stage.upstream.removeAddedTools();
  const many = await run(client, folder, stage, "many", () => [
    { tool: LONGEST_NAME, args: NOTE },
    { tool: "tool_0", args: NOTE },
  ]);
  const refused = await run(client, folder, stage, "suite", () => [], true);
  if (isVerbose) printDetails(main, many, refused);
  return toFindings(main, many, refused, seen);
}

async function run(
  client: AgentClient,
  folder: string,
  stage: Stage,
  workspace: Workspace,
  toSteps: (visit: Visit) => Step[],
  isRevoked = false,
): Promise<Run> {
  const visit = await beginVisit(stage, workspace, client.id);
  if (isRevoked) await visit.token.revoke();
  const play = stage.model.play(toSteps(visit));
  const output = await withHome(async (home) => {
    const launch = client.launch(toSetup(visit, workspace, folder, home), PROMPT);
    const prompted = await runToEnd(launch, home);
    if (!isRevoked || !client.status) return prompted;
    // What the command shows is enough; its requests are not recorded.
    visit.end();
    const { stdout, stderr } = await runToEnd({ ...launch, args: client.status }, home);
    return { ...prompted, stderr: `${prompted.stderr}\n${stdout}\n${stderr}` };
  });
  if (!isRevoked || !client.status) visit.end();
  return { visit, play, output };
}

function toFindings(main: Run, many: Run, refused: Run, seen: Seen): Findings {
  const { visit, play } = main;
  const wire = readWireFacts(visit.exchanges());
  const [, newSame, differ, , restarted, ask, revoked] = play.outcomes;
  const outputOf = (outcome: StepOutcome | undefined) => outcome?.output ?? "";
  const request = play.requests[0];
  const names = judgeNames(many.play);
  const restartCalls = visit.calls().slice(0, seen.revokedAt?.calls);
  const isAddedCalled = visit.calls().some((call) => call.startsWith("old:added"));
  const isShown = request !== undefined && play.outcomes[0]?.shown !== undefined;
  return {
    outcomes: {
      connects: visit.exchanges().some(({ status }) => status === 200) ? "yes" : "no",
      lists: isShown ? "yes" : "no",
      calls: judgeCalls(visit.calls()),
      restart:
        restarted?.output !== undefined &&
        restartCalls.filter((call) => call === "old:same").length >= 2
          ? "calls on"
          : `fails: ${outputOf(restarted).slice(0, 80) || "no call"}`,
      revoked: judgeRevoked(visit, seen.revokedAt),
    },
    properties: {
      revision: wire.revision,
      clientInfo: wire.clientInfo,
      userAgent: wire.userAgent,
      resultForm: toResultForm(
        judgeForms(outputOf(newSame), "same"),
        judgeForms(outputOf(differ), "differ"),
      ),
      deferral: `${request ? judgeDeferral(request, SUITE_TOOLS) : "?"}; ${names.deferral}`,
      listChanged: seen.listed
        ? `lists again; the model ${isAddedCalled ? "calls" : "does not see"} the new tool`
        : isAddedCalled
          ? "lists again before the next request to the model, which calls the new tool"
          : "no",
      streams: wire.streams,
      urlElicitation: wire.elicitation.includes("url")
        ? `declared; ${findAction(outputOf(ask))}`
        : `no (${wire.elicitation.join() || "no elicitation"})`,
      apps: wire.declaresApps ? "declared" : "no",
      names: names.text,
      instructions: play.requests.some(({ text }) => text.includes(INSTRUCTIONS)) ? "shown" : "no",
      unauthorized: describeRefusal(refused, revoked),
    },
  };
}

const SUITE_TOOLS = ["old_same", "old_differ", "old_ask", "new_same", "new_differ", "new_ask"];

/** How many of these tools are in the first request with their schemas. */
function judgeDeferral({ tools }: ModelRequest, exposed: string[]): string {
  const loaded = exposed.filter((name) =>
    tools.some((tool) => !tool.isDeferred && isNamed(tool.name, name)),
  );
  return `${loaded.length} of ${exposed.length} sent`;
}

function judgeNames({ requests, callable }: Play): { text: string; deferral: string } {
  const [first] = requests;
  if (!first) return { text: "?", deferral: "?" };
  const listed: Named[] = [
    ...requests.flatMap(({ tools }) => tools),
    ...callable.map((name) => ({ name })),
  ];
  const shown = manyTools().flatMap(({ name }) => {
    const as = listed.find((tool) => isNamed(tool.name, name)) ?? mentionedAs(name, first.text);
    return as ? [{ name, as }] : [];
  });
  // By description, because a client can shorten the names.
  const sent = first.text.split(MANY_DESCRIPTION).length - 1;
  const prefixes = unique(shown.map(({ name, as }) => toPrefix(name, as)));
  const longest = Math.max(0, ...shown.map(({ name }) => name.length));
  // A search shows some tools at a time.
  const count = Math.max(sent, shown.length);
  const counted = count < MANY / 2 ? "found by search only" : `${count} of ${MANY} tools`;
  return {
    text: `prefix ${prefixes.join(", ") || "?"}; up to ${longest} characters; ${counted}`,
    deferral: `${sent} of ${MANY} sent`,
  };
}

/** A tool as a client names it. */
type Named = Pick<ShownTool, "name" | "namespace">;

/** What the client puts before an exposed name. */
function toPrefix(exposed: string, { name, namespace }: Named): string {
  const prefix = name.slice(0, -exposed.length);
  const parts = namespace === undefined ? [prefix] : [`namespace ${namespace}`, prefix];
  const text = parts.filter((part) => part !== "").join(" ");
  return text === "" ? "none" : `\`${text.replaceAll("many", "<name>")}\``;
}

/** A deferred tool as the request mentions it outside of the tools: after the client's prefix. */
function mentionedAs(name: string, text: string): Named | undefined {
  const found = new RegExp(`(?<![A-Za-z0-9_-])[A-Za-z0-9_-]+?${name}(?![A-Za-z0-9_-])`).exec(text);
  return found ? { name: found[0] } : undefined;
}

/** What the client does and says with a revoked token, and what the model reads when it is revoked during a run. */
function describeRefusal({ visit, output }: Run, revoked: StepOutcome | undefined): string {
  const words = findRefusal(`${output.stdout}\n${output.stderr}`);
  return [
    summarizeRequests(visit.exchanges()),
    words === undefined ? "says nothing" : `says “${words}”`,
    revoked?.output === undefined
      ? "a revocation during a run ends the run"
      : `after a revocation the model reads “${toQuote(toLastText(revoked.output))}”`,
  ].join("; ");
}

/** The last text of a result with several parts. */
function toLastText(output: string): string {
  const texts = [...output.replaceAll("\\", "").matchAll(/"(?:text|message)":"([^"]+)/g)];
  return texts.at(-1)?.[1] ?? output;
}

function printDetails(...runs: Run[]): void {
  for (const { visit, play, output } of runs) {
    console.log(summarizeRequests(visit.exchanges()));
    for (const { tool, shown, output: result } of play.outcomes)
      console.log(`  ${tool} as ${JSON.stringify(shown)}: ${result?.slice(0, 300)}`);
    const tools = play.requests[0]?.tools.map(({ name }) => name).slice(0, 40);
    console.log(`  ${play.requests.length} requests to the model; its tools: ${tools?.join(" ")}`);
    console.log(
      `  exit ${output.exitCode}\n  ${output.stdout.slice(-1500)}\n  ${output.stderr.slice(-1500)}`,
    );
  }
}
