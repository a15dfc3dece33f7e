import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";

/** Body that saves a view of the audit log. */
export const AuditViewInput = z.strictObject({
  name: DisplayName,
  /** The search parameters of the dashboard's page, without a question mark. */
  search: z.string().max(2_000),
});

/** A view of the audit log that a member has saved. */
export const AuditView = AuditViewInput.extend({ id: z.string(), createdAt: z.int() }).meta({
  id: "AuditView",
});
export type AuditView = z.infer<typeof AuditView>;

/** A member or removed member whose changes the log can have. `id`: the member's. */
export const AuditPerson = z
  .object({
    id: z.string(),
    userId: z.string().nullable(),
    name: z.string(),
    hasLeft: z.boolean(),
  })
  .meta({ id: "AuditPerson" });
export type AuditPerson = z.infer<typeof AuditPerson>;
