import type { ServerCheckResult } from "../contract/hosting/server-check.ts";
import {
  toVerdict,
  type GeneratedServer,
  type GenerateEvent,
  type GenerateInput,
  type ModelAnswer,
  type ServerForm,
} from "../contract/workshop/generated-server.ts";
import { INSTALL_COMMAND } from "../contract/workshop/server-project.ts";
import { toTemplateCode } from "../contract/workshop/server-template.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { askAnthropic } from "./ask-anthropic.ts";
import { askWorkersAi } from "./ask-workers-ai.ts";
import { checkOnHosts } from "./check-server.ts";
import { judgeAnswer, judgeTools, toAnswerCheck, type JudgedAnswer } from "./judge-answer.ts";
import { failReply, type ModelReply, type Turn } from "./model-reply.ts";
import { toRequestText } from "./system-prompt.ts";

/** Answers of the model for one request: what fails goes back to it once. */
const MAX_ANSWERS = 2;

type Progress = Extract<GenerateEvent, { kind: "progress" }>["step"];
type Outcome = Exclude<GenerateEvent, { kind: "progress" }>;

/** Which service writes servers; null: none is configured. */
export function findModel(env: Env): "anthropic" | "workers-ai" | null {
  if (env.ANTHROPIC_API_KEY) return "anthropic";
  return env.AI === undefined ? null : "workers-ai";
}

/** Makes a server and has it checked. `onStep`: what begins now. Only the checks decide the verdict. */
export async function generateServer(
  env: Env,
  db: Db,
  input: GenerateInput,
  onStep: (step: Progress) => void,
): Promise<Outcome> {
  const check = (code: string) => {
    onStep("checking");
    return checkOnHosts(env, db, code);
  };
  if ("form" in input) return { kind: "result", result: await makeFromForm(input.form, check) };
  let turns: Turn[] = [{ role: "user", content: toRequestText(input.description) }];
  let last: GeneratedServer | null = null;
  for (let answers = 1; answers <= MAX_ANSWERS; answers += 1) {
    onStep(answers === 1 ? "writing" : "repairing");
    const reply = await ask(env, turns);
    // What was proved to fail is still shown if the model cannot be asked again.
    if (!reply.ok) return last === null ? toFailure(reply) : { kind: "result", result: last };
    const judged = judgeAnswer(reply.answer);
    if (judged.ok) last = await prove(judged, answers, check);
    if (judged.ok && last !== null && last.verdict !== "failed") break;
    turns = reply.repair(judged.ok ? listProblems(last) : judged.problems);
  }
  return last === null
    ? toFailure(failReply("model_answer_invalid"))
    : { kind: "result", result: last };
}

async function makeFromForm(
  form: ServerForm,
  check: (code: string) => Promise<ServerCheckResult>,
): Promise<GeneratedServer> {
  const { name, description } = form;
  const answer = { name, description, code: toTemplateCode(form), install: INSTALL_COMMAND };
  const { checks, tools } = await check(answer.code);
  return toGenerated("template", answer, checks, tools, 0);
}

async function prove(
  { answer, check: answerCheck }: JudgedAnswer & { ok: true },
  answers: number,
  check: (code: string) => Promise<ServerCheckResult>,
): Promise<GeneratedServer> {
  const { checks, tools } = await check(answer.code);
  const all = toAnswerCheck([...answerCheck.problems, ...judgeTools(tools)]);
  return toGenerated("model", answer, [all, ...checks], tools, answers);
}

/** The install command is ours in any case. */
function toGenerated(
  source: GeneratedServer["source"],
  { name, description, code }: ModelAnswer,
  checks: GeneratedServer["checks"],
  tools: GeneratedServer["tools"],
  answers: number,
): GeneratedServer {
  const server = { name, description, code, install: INSTALL_COMMAND };
  return { source, server, verdict: toVerdict(checks), checks, tools, answers };
}

function listProblems(generated: GeneratedServer | null): string[] {
  const failed = generated?.checks.filter(({ state }) => state === "failed") ?? [];
  return failed.flatMap(({ check, problems }) => problems.map((problem) => `${check}: ${problem}`));
}

function ask(env: Env, turns: Turn[]): Promise<ModelReply> {
  if (env.ANTHROPIC_API_KEY) return askAnthropic(env, env.ANTHROPIC_API_KEY, turns);
  if (env.AI !== undefined) return askWorkersAi(env.AI, env.WORKERS_AI_MODEL, turns);
  return Promise.resolve(failReply("model_unavailable"));
}

function toFailure({ code, message }: ModelReply & { ok: false }): Outcome {
  return { kind: "failure", code, message };
}
