import { z } from "zod";

/** What is wrong with a server, in the words of the form. */
export const REPORT_KINDS = {
  facts: "A fact is wrong or out of date",
  install: "The installation does not work",
  publisher: "It is not from this publisher, or a copy",
  score: "The score does not fit",
  harmful: "It does harm: malware, theft of data",
  other: "Something else",
} as const;
/** One of them. */
export type ReportKind = keyof typeof REPORT_KINDS;

const KINDS = Object.keys(REPORT_KINDS) as [ReportKind, ...ReportKind[]];

/** Most characters of a report, of a note on it, and of a reason. */
export const MAX_REPORT_TEXT = 1_000;

const Sentence = z.string().trim().min(1, "write a sentence").max(MAX_REPORT_TEXT);

/** Body that reports wrong data of a server. */
export const ReportInput = z.strictObject({ kind: z.enum(KINDS), text: Sentence });

/** Whether a report waits, and how it ended. */
export const ReportStatus = z.enum(["open", "resolved", "dismissed"]);
export type ReportStatus = z.infer<typeof ReportStatus>;

/** Body that closes a report. */
export const ReportDecision = z.strictObject({
  outcome: ReportStatus.exclude(["open"]),
  /** What was done, for other operators. */
  note: Sentence,
});

/** A report of wrong data. Who sent it is not stored. Times in epoch ms. */
export const MarketplaceReport = z
  .object({
    id: z.string(),
    /** The server's name. */
    name: z.string(),
    kind: z.enum(KINDS),
    text: z.string(),
    status: ReportStatus,
    createdAt: z.int(),
    closedAt: z.int().nullable(),
    note: z.string().nullable(),
    /** Name of the user who closed it; null: the operator key, or it is open. */
    closedBy: z.string().nullable(),
  })
  .meta({ id: "MarketplaceReport" });
