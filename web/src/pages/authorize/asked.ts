import type { AuthorizationRequest } from "../../../../workers/contract/api/oauth.ts";

/** A client's question to the user. */
export type Asked = Extract<AuthorizationRequest, { kind: "ask" }>;
