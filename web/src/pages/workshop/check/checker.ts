import {
  checkAgainstEntries,
  listLookUps,
} from "../../../../../client-config/check/check-entry.ts";
import { checkConfiguration } from "../../../../../client-config/check/check.ts";
import { applyFix } from "../../../../../client-config/documents/edit.ts";
import type { Finding } from "../../../../../client-config/finding.ts";
import { readConfiguration, type Reading } from "../../../../../client-config/read.ts";
import { toSarif } from "../../../../../client-config/sarif.ts";
import { isServerDocument } from "../../../../../client-config/server-document/recognize.ts";
import { writeConfiguration } from "../../../../../client-config/write.ts";
import type { ClientId } from "../../../../../workers/contract/marketplace/install/clients.ts";
import type { ServerDocument } from "../../../../../workers/contract/marketplace/server-document.ts";

/** A text of a client with its findings. */
interface Checked {
  reading: Reading;
  findings: Finding[];
}

/** Checks a text by its client's format and by entries of the marketplace. */
function checkText(
  text: string,
  client: ClientId | null,
  fileName: string | null,
  entries: readonly ServerDocument[],
): Checked {
  const reading = readConfiguration(text, client ?? undefined, fileName ?? undefined);
  const findings = [...checkConfiguration(reading), ...checkAgainstEntries(reading, entries)];
  return { reading, findings };
}

/** The functions of the page, which it loads when it needs them. */
export const checker = {
  isServerDocument,
  checkText,
  applyFix,
  listLookUps,
  toSarif,
  writeConfiguration,
};
/** The same as a type. */
export type Checker = typeof checker;
