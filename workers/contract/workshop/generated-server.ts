import { z } from "zod";
import {
  CheckedTool,
  CheckState,
  HostCheckName,
  MAX_SERVER_CODE,
} from "../hosting/server-check.ts";

// The generator of MCP servers: what a person gives, what a model answers, and what is shown.

/** Characters of the description that a person gives to the model. */
export const MAX_DESCRIPTION = 500;
/** Tools of a form, and parameters of one tool. */
export const MAX_FORM_TOOLS = 10;
/** Parameters of one tool of a form. */
export const MAX_FORM_PARAMETERS = 10;

/** Name of a generated server: of its package, its folder and its entry in a client. */
const ServerName = z
  .string()
  .max(40, "use at most 40 characters")
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "use a-z, 0-9 and dashes within, beginning with a letter",
  );

const Line = z
  .string()
  .trim()
  .min(1, "write a sentence")
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, "use one line without invisible characters");

/** What a model answers: exactly these members. `install` is compared with the allowed form, and never shown. */
export const ModelAnswer = z.strictObject({
  name: ServerName,
  description: Line.pipe(z.string().max(MAX_DESCRIPTION)),
  code: z.string().min(1).max(MAX_SERVER_CODE),
  install: z.string().max(200),
});
export type ModelAnswer = z.infer<typeof ModelAnswer>;

/** Types of the parameters of a form, as JSON Schema has them. */
export const ParameterType = z.enum(["string", "number", "integer", "boolean", "string[]"]);
export type ParameterType = z.infer<typeof ParameterType>;

const FormParameter = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,39}$/, "use 1 to 40 letters, digits and _"),
  type: ParameterType,
  description: Line.pipe(z.string().max(200)),
  isRequired: z.boolean(),
});

const FormTool = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "use 1 to 40 of a-z, 0-9 and _"),
  description: Line.pipe(z.string().max(300)),
  parameters: z
    .array(FormParameter)
    .max(MAX_FORM_PARAMETERS)
    .refine(hasUniqueNames, "give each parameter another name"),
});

/** A server described by a form, for the template. */
export const ServerForm = z
  .strictObject({
    name: ServerName,
    description: Line.pipe(z.string().max(MAX_DESCRIPTION)),
    tools: z
      .array(FormTool)
      .min(1, "add a tool")
      .max(MAX_FORM_TOOLS)
      .refine(hasUniqueNames, "give each tool another name"),
  })
  .meta({ id: "GeneratedServerForm" });
export type ServerForm = z.infer<typeof ServerForm>;

/** Body of `POST /workshop/generate`: a description for the model, or a form for the template. */
export const GenerateInput = z
  .union([
    z.strictObject({
      description: z
        .string()
        .trim()
        .min(1, "describe the server")
        .max(MAX_DESCRIPTION, `use at most ${MAX_DESCRIPTION} characters`),
    }),
    z.strictObject({ form: ServerForm }),
  ])
  .meta({ id: "GenerateInput" });
export type GenerateInput = z.infer<typeof GenerateInput>;

/** `answer`: a model’s: its members, texts and install command are of the allowed form. The others: `HostCheckName`. */
const GeneratedCheckName = z.enum(["answer", ...HostCheckName.options]);

/** The result of one check. */
export const GeneratedCheck = z.strictObject({
  check: GeneratedCheckName,
  state: CheckState,
  problems: z.array(z.string()),
});
export type GeneratedCheck = z.infer<typeof GeneratedCheck>;

/** `passed`: every check has. `failed`: one has failed. `unproved`: none has failed, but one could not run. */
export const Verdict = z.enum(["passed", "failed", "unproved"]);
export type Verdict = z.infer<typeof Verdict>;

/** A generated server with the report of its checks. */
export const GeneratedServer = z
  .strictObject({
    source: z.enum(["model", "template"]),
    server: z.strictObject({
      name: ServerName,
      description: z.string(),
      /** Content of `src/index.ts`. */
      code: z.string(),
      /** The command that installs and builds the project; the same for every server. */
      install: z.string(),
    }),
    verdict: Verdict,
    checks: z.array(GeneratedCheck),
    /** The tools that the started server lists; empty: it was not started. */
    tools: z.array(CheckedTool),
    /** Answers of the model: 2, if the first has failed. 0: the template. */
    answers: z.int(),
  })
  .meta({ id: "GeneratedServer" });
export type GeneratedServer = z.infer<typeof GeneratedServer>;

/** Why there is no server. */
export const GenerateFailureCode = z.enum([
  /** The model does not want to write it. */
  "model_refused",
  /** The service is overloaded or has a limit. */
  "model_busy",
  /** No answer in time. */
  "model_timeout",
  /** The service refuses the deployment's requests: an operator must act. */
  "model_unavailable",
  /** Neither answer had the form that was asked for. */
  "model_answer_invalid",
  "internal",
]);
export type GenerateFailureCode = z.infer<typeof GenerateFailureCode>;

/** An event of the response of `POST /workshop/generate`. The last one is `result` or `failure`. */
export const GenerateEvent = z.discriminatedUnion("kind", [
  /** Repeated every few seconds, so that no proxy closes the response. */
  z.strictObject({
    kind: z.literal("progress"),
    step: z.enum(["writing", "checking", "repairing"]),
  }),
  z.strictObject({ kind: z.literal("result"), result: GeneratedServer }),
  z.strictObject({
    kind: z.literal("failure"),
    code: GenerateFailureCode,
    /** Sentence for a person: the problem and the remedy. */
    message: z.string(),
  }),
]);
export type GenerateEvent = z.infer<typeof GenerateEvent>;

/** What the generator of this deployment can do. */
export const GeneratorStatus = z
  .strictObject({
    /** Which service writes servers; null: only the form makes them. */
    model: z.enum(["anthropic", "workers-ai"]).nullable(),
    /** Servers that the caller can have made today (UTC). */
    limit: z.int(),
    left: z.int(),
  })
  .meta({ id: "GeneratorStatus" });

/** The verdict on all checks. */
export function toVerdict(checks: Pick<GeneratedCheck, "state">[]): Verdict {
  if (checks.some(({ state }) => state === "failed")) return "failed";
  return checks.every(({ state }) => state === "passed") ? "passed" : "unproved";
}

function hasUniqueNames(items: { name: string }[]): boolean {
  return new Set(items.map(({ name }) => name)).size === items.length;
}
