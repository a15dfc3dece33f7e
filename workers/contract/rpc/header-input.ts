import { z } from "zod";
import { HEADER_NAME } from "../records/header-name.ts";

/** The name and the value of a header that the gateway sends to a server. */
export const HeaderName = z
  .string()
  .regex(HEADER_NAME, "not a valid header name (RFC 9110, section 5.1)");
/** See `HeaderName`. */
export const HeaderValue = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x20-\x7e]+$/, "use visible ASCII characters and spaces");

/**
 * What each person brings to a server for their calls: a sign-in, or a key that the gateway sends in `header`, in the place of
 * `{key}` in `template`. `byCompany`: the company's sign-in connects a member's account without consent, if it can.
 */
export const PerPersonInput = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sign_in"), byCompany: z.boolean().optional() }),
  z.strictObject({ kind: z.literal("key"), header: HeaderName, template: HeaderValue }),
]);
