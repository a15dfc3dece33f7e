import { applyJsonFix } from "../../../../../client-config/server-document/apply-fix.ts";
import { checkServerDocument } from "../../../../../client-config/server-document/check.ts";

/** The functions for a `server.json`, which the page loads when it has one. */
export const documentChecker = { checkServerDocument, applyJsonFix };
