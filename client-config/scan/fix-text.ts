import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { applyFix } from "../documents/edit.ts";
import type { Fix } from "../finding.ts";
import { readConfiguration } from "../read.ts";

/** The text of a client's file with a fix. Null: the text is written in a way in which the fix would change more. */
export function fixText(text: string, client: ClientId, fix: Fix): string | null {
  return applyFix(readConfiguration(text, client).document, fix);
}
