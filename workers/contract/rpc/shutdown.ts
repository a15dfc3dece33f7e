import { z } from "zod";

/** The body of the request with which `npm start` has the gateway settle its calls before it ends the runtime. */
export const ShutdownRequest = z.strictObject({
  /** When the runtime started, epoch ms; calls that are older were lost with an earlier one. */
  startedAt: z.int(),
  /** Time that calls in flight have to end. */
  graceMs: z.int(),
});
export type ShutdownRequest = z.infer<typeof ShutdownRequest>;
