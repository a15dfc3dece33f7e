import { z } from "zod";

const Base64Url = z.string().regex(/^[\w-]{0,8192}$/);
const Extensions = z.record(z.string(), z.unknown());

/** `AuthenticationResponseJSON` of WebAuthn level 3, section 5.1. */
export const AuthenticationResponse = z
  .object({
    id: Base64Url,
    rawId: Base64Url,
    type: z.literal("public-key"),
    clientExtensionResults: Extensions,
    response: z.object({
      clientDataJSON: Base64Url,
      authenticatorData: Base64Url,
      signature: Base64Url,
      userHandle: Base64Url.exactOptional(),
    }),
  })
  .meta({ id: "AuthenticationResponse" });
export type AuthenticationResponse = z.infer<typeof AuthenticationResponse>;

/** `RegistrationResponseJSON` of WebAuthn level 3, section 5.1, reduced to the fields that the gateway reads. */
export const RegistrationResponse = z
  .object({
    id: Base64Url,
    rawId: Base64Url,
    type: z.literal("public-key"),
    clientExtensionResults: Extensions,
    response: z.object({
      clientDataJSON: Base64Url,
      attestationObject: Base64Url,
      transports: z.array(z.string().max(32)).max(8).optional(),
    }),
  })
  .meta({ id: "RegistrationResponse" });
export type RegistrationResponse = z.infer<typeof RegistrationResponse>;
