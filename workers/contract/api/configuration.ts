import { z } from "zod";

/** Query of `GET …/configuration`. */
export const ConfigurationQuery = z.strictObject({ format: z.enum(["json", "yaml"]).optional() });

/** Query of `PUT …/configuration`. */
export const ApplyQuery = z.strictObject({
  /** `true`: only the plan. */
  dryRun: z.enum(["true", "false"]).optional(),
  /** As the header `If-Match`: refused if the workspace has another version now. */
  ifVersion: z.coerce.number().int().min(0).optional().meta({ type: "integer" }),
});
