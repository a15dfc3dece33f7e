import { z } from "zod";
import { CLIENT_IDS } from "../marketplace/install/clients.ts";
import { ServerDocument } from "../marketplace/server-document.ts";

const MAX_LOOK_UPS = 100;
const MAX_TEXT = 1024 * 1024;
const Key = z.string().min(1).max(500);

/** A text to check. `client`: whose file it is; absent: the content says it. */
export const CheckInput = z.strictObject({
  text: z.string().max(MAX_TEXT),
  client: z.enum(CLIENT_IDS).optional(),
  fileName: z.string().max(500).optional(),
});

const Path = z.array(z.union([z.string(), z.number()]));

/** A finding of a check, with the edits that cure it. No text of it has a value of the configuration. */
const CheckFinding = z
  .object({
    rule: z.string(),
    severity: z.enum(["critical", "high", "medium", "low", "info"]),
    server: z.string().nullable(),
    path: Path,
    /** `line` and `column` from 1; `offset` and `length` in UTF-16 units. */
    range: z
      .object({ offset: z.int(), length: z.int(), line: z.int(), column: z.int() })
      .nullable(),
    message: z.string(),
    why: z.string(),
    fix: z.object({ title: z.string() }).nullable(),
  })
  .meta({ id: "CheckFinding" });

/** What a check has found. */
export const CheckResult = z
  .object({
    /** Null: it is no file of a client, but a `server.json`. */
    client: z.enum(CLIENT_IDS).nullable(),
    /** Clients that the content fits equally. */
    candidates: z.array(z.enum(CLIENT_IDS)),
    findings: z.array(CheckFinding),
  })
  .meta({ id: "CheckResult" });
export type CheckResult = z.infer<typeof CheckResult>;

/** Packages (as `npm:@acme/weather`) and addresses (without query) whose entries are wanted. */
export const EntriesInput = z.strictObject({
  packages: z.array(Key).max(MAX_LOOK_UPS),
  urls: z.array(Key).max(MAX_LOOK_UPS),
});
export type EntriesInput = z.infer<typeof EntriesInput>;

/** The entries of the marketplace with one of the packages or addresses. */
export const FoundEntries = z
  .object({ items: z.array(z.object({ name: z.string(), document: z.unknown() })) })
  .meta({ id: "FoundEntries" });

/** The same with parsed documents, for those who read the answer. */
export const ReadEntries = z.object({ items: z.array(z.object({ document: ServerDocument })) });

/** Addresses to ask. They get no header and no secret of a configuration. */
export const EndpointsInput = z.strictObject({
  urls: z.array(z.url({ protocol: /^https?$/ }).max(2_000)).max(20),
});

/** Whether MCP servers answer at addresses. */
export const EndpointResults = z
  .object({
    items: z.array(
      z.object({
        url: z.string(),
        /** `protected`: it is there and wants a credential. */
        outcome: z.enum(["answered", "protected", "failed", "skipped"]),
        protocolVersion: z.string().nullable(),
        /** Why it cannot be used, in a sentence. */
        problem: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "EndpointResults" });
export type EndpointResult = z.infer<typeof EndpointResults>["items"][number];
